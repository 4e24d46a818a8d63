//! Who calls: one principal for people at the console and programs with API keys.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{Method, header};

use super::problem::{Problem, ProblemKind};
use super::secrets::{ApiKey, KeyHash};
use super::session::{self, CSRF_HEADER};
use super::state::{ApiState, KnownKey};
use crate::accounts::store::{self, SignedIn};
use crate::accounts::{Organisation, OrganisationKind, Permission, Permissions, StoredKey};
use crate::kernel::Digest;
use crate::kernel::id::{ApiKeyId, OrganisationId, PersonId, SessionId};

/// A key's last use is noted at most this often, in seconds.
const TOUCH_EVERY: f64 = 60.0;

/// Who sent a request, already checked.
///
/// As an argument of a handler it refuses who is not known. A handler then asks
/// [`Caller::require`] first, and shows a thing that belongs to an organisation only when
/// [`Caller::sees`] says so; otherwise it answers as if the thing were not there.
#[derive(Debug, Clone)]
pub struct Caller {
    who: Who,
    organisation: OrganisationId,
    kind: OrganisationKind,
    permissions: Permissions,
}

#[derive(Debug, Clone)]
enum Who {
    Key(ApiKeyId),
    Person(Arc<AtConsole>),
}

/// A person who has signed in.
#[derive(Debug, Clone)]
pub struct AtConsole {
    /// The person.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// The name of their organisation.
    pub organisation: String,
    /// The session.
    pub session: SessionId,
    /// What every form of theirs carries, so that no other site can send one.
    pub csrf: String,
}

impl Caller {
    /// The caller behind a session.
    pub(super) fn person(found: SignedIn, csrf: String) -> Self {
        let SignedIn { session, person, organisation } = found;
        let permissions = person.permissions(organisation.kind);
        let (id, kind) = (organisation.id, organisation.kind);
        let at_console = AtConsole {
            person: person.id,
            name: person.name,
            organisation: organisation.name,
            session: session.id,
            csrf,
        };
        Self { who: Who::Person(Arc::new(at_console)), organisation: id, kind, permissions }
    }

    fn key(key: &StoredKey, organisation: &Organisation) -> Self {
        let permissions = key.permissions(organisation.kind);
        Self { who: Who::Key(key.id), organisation: organisation.id, kind: organisation.kind, permissions }
    }

    /// Refuses when the caller lacks `permission`.
    pub fn require(&self, permission: Permission) -> Result<(), Problem> {
        if self.may(permission) {
            return Ok(());
        }
        let detail = match self.who {
            Who::Key(_) => format!("this key lacks the permission {permission}"),
            Who::Person(_) => format!("your roles lack the permission {permission}"),
        };
        Err(Problem::new(ProblemKind::Forbidden, detail))
    }

    /// Whether the caller has `permission`.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(permission)
    }

    /// Everything the caller may do.
    pub fn permissions(&self) -> Permissions {
        self.permissions
    }

    /// The name under which the caller stands in the audit log: `per_…` or `key_…`.
    pub fn actor(&self) -> String {
        match &self.who {
            Who::Key(id) => id.to_string(),
            Who::Person(at) => at.person.to_string(),
        }
    }

    /// The organisation that the caller belongs to.
    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// What that organisation is to the platform.
    pub fn organisation_kind(&self) -> OrganisationKind {
        self.kind
    }

    /// Whether the caller may know of a thing that belongs to `owner`: the platform sees
    /// everything, others their own. What a caller does not see is answered with 404.
    pub fn sees(&self, owner: OrganisationId) -> bool {
        self.kind == OrganisationKind::Platform || self.organisation == owner
    }

    /// The person at the console, where it is one.
    pub fn at_console(&self) -> Option<&AtConsole> {
        match &self.who {
            Who::Person(at) => Some(at),
            Who::Key(_) => None,
        }
    }
}

impl FromRequestParts<ApiState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Problem> {
        // The console's guard has looked already.
        if let Some(known) = parts.extensions.get::<Caller>() {
            return Ok(known.clone());
        }
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return by_key(parts, state).await;
        }
        let Some(caller) = session::signed_in(state, &parts.headers).await? else {
            return by_key(parts, state).await;
        };
        if !is_safe(&parts.method) && !session::has_token(&parts.headers, &caller) {
            let detail = format!("a request with a session also sends {CSRF_HEADER}; programs use an API key");
            return Err(Problem::new(ProblemKind::Forbidden, detail));
        }
        Ok(caller)
    }
}

/// Whether requests of this method change nothing (RFC 9110, 9.2.1).
pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

async fn by_key(parts: &Parts, state: &ApiState) -> Result<Caller, Problem> {
    let given = ApiKey::from_headers(&parts.headers)?;
    let refused = || Problem::new(ProblemKind::Unauthenticated, "the API key is unknown, expired or revoked");
    let now = state.app.core.clock.now();
    let known = state.key(given.id()).await?;
    // An unknown id is compared too, so that its answer takes as long as a wrong secret's.
    let stored = known.as_ref().map_or([0; 32], |known| hash_bytes(&known.key.secret_hash));
    let right = given.hash().matches(&KeyHash::from_bytes(stored));
    let works = |known: &Arc<KnownKey>| right && known.key.is_live(now) && known.organisation.closed_at.is_none();
    let known = known.filter(works).ok_or_else(refused)?;
    state.limit(known.key.id.uuid())?;
    if known.key.last_used_at.is_none_or(|used| now.seconds_since(used) > TOUCH_EVERY) {
        note_use(state, &known).await;
    }
    Ok(Caller::key(&known.key, &known.organisation))
}

fn hash_bytes(text: &str) -> [u8; 32] {
    text.parse::<Digest>().map_or([0; 32], |digest| digest.0)
}

/// Notes the use; the next look-up then finds it noted.
async fn note_use(state: &ApiState, known: &KnownKey) {
    let now = state.app.core.clock.now();
    let key = StoredKey { last_used_at: Some(now), ..known.key.clone() };
    let (db, id) = (state.app.core.db.clone(), key.id);
    state.remember(KnownKey { key, organisation: known.organisation.clone() }).await;
    tokio::spawn(async move {
        let noted = async {
            let mut tx = db.begin().await?;
            store::touch_key(&mut tx, id, now).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot note the use of a key");
        }
    });
}
