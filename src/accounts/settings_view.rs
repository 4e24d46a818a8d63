//! The pages of people and keys, as plain data for their templates.

use super::model::{OrganisationKind, Person, StoredKey};
use super::permission::Permissions;
use super::roles::Role;
use crate::http::caller::Caller;
use crate::http::console::parts::When;
use crate::http::console::view::Shell;
use crate::kernel::Instant;
use crate::kernel::id::{ApiKeyId, PersonId};

/// `/settings/people`.
#[derive(Debug, askama::Template)]
#[template(path = "people.html")]
pub struct PeopleView {
    /// The surroundings.
    pub shell: Shell,
    /// The organisation's name.
    pub organisation: String,
    /// A link that was just made, shown once.
    pub link: Option<String>,
    /// Why the last step was refused.
    pub problem: Option<String>,
    /// The people.
    pub rows: Vec<PersonRow>,
    /// The roles that can be given.
    pub roles: Vec<Role>,
}

/// A person in the list.
#[derive(Debug)]
pub struct PersonRow {
    /// Their id.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// Their mail address.
    pub email: String,
    /// The names of their roles.
    pub roles: Vec<&'static str>,
    /// The roles that can be given, with whether they have it; empty where the looker may not
    /// change them.
    pub choices: Vec<(Role, bool)>,
    /// The last sign-in.
    pub signed_in: Option<When>,
    /// Whether the account is on.
    pub active: bool,
    /// Whether it is the one who looks.
    pub own: bool,
}

/// The roles of this kind of organisation that hold no more than `own`.
pub fn roles_to_give(kind: OrganisationKind, own: Permissions) -> Vec<Role> {
    Role::all()
        .filter(|role| role.fits(kind) && role.facts().permissions.and(own) == role.facts().permissions)
        .collect()
}

/// A person for the page.
pub fn person_row(person: Person, own: Option<PersonId>, given: &[Role], caller: &Caller) -> PersonRow {
    let held = super::roles::permissions_of(&person.roles);
    let may_change = own != Some(person.id) && held.and(caller.permissions()) == held;
    let choices = given.iter().map(|role| (*role, person.roles.contains(role))).collect();
    PersonRow {
        id: person.id,
        name: person.name,
        email: person.email,
        roles: person.roles.iter().map(|role| role.facts().name.as_str()).collect(),
        choices: if may_change { choices } else { Vec::new() },
        signed_in: person.signed_in_at.map(When::from),
        active: person.disabled_at.is_none(),
        own: own == Some(person.id),
    }
}

/// `/settings/keys`.
#[derive(Debug, askama::Template)]
#[template(path = "keys.html")]
pub struct KeysView {
    /// The surroundings.
    pub shell: Shell,
    /// A key that was just made, shown once.
    pub secret: Option<String>,
    /// Why the last step was refused.
    pub problem: Option<String>,
    /// The keys, newest first.
    pub rows: Vec<KeyRow>,
    /// What a key can be given: spelling and sentence.
    pub scopes: Vec<(&'static str, &'static str)>,
}

/// A key in the list.
#[derive(Debug)]
pub struct KeyRow {
    /// Its id.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: String,
    /// When it was made.
    pub made: When,
    /// When it ends by itself.
    pub expires: Option<When>,
    /// When it was last used.
    pub used: Option<When>,
    /// Whether it works.
    pub live: bool,
}

/// A key for the page.
pub fn key_row(key: StoredKey, now: Instant) -> KeyRow {
    KeyRow {
        live: key.is_live(now),
        id: key.id,
        name: key.name,
        scopes: key.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
        made: When::from(key.created_at),
        expires: key.expires_at.map(When::from),
        used: key.last_used_at.map(When::from),
    }
}
