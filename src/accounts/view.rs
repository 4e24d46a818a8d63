//! The pages of sign-in and one's own account, as plain data for their templates.

use super::model::Session;
use super::permission::Permissions;
use super::store_sign_in::Credentials;
use super::totp;
use crate::http::console::parts::When;
use crate::http::console::view::Shell;
use crate::kernel::id::SessionId;

/// `/sign-in`: how to sign in.
#[derive(Debug, askama::Template)]
#[template(path = "sign-in.html")]
pub struct SignInView {
    /// The surroundings.
    pub shell: Shell,
    /// What the form carries, so that no other site can send it.
    pub token: String,
    /// Where to go on.
    pub to: String,
    /// The mail address typed before.
    pub email: String,
    /// Why the last try did not work; absent = none.
    pub problem: Option<String>,
}

/// `/account`: who one is, what one may do, where one is signed in.
#[derive(Debug, askama::Template)]
#[template(path = "account.html")]
pub struct AccountView {
    /// The surroundings.
    pub shell: Shell,
    /// The person's name.
    pub name: String,
    /// The organisation's name.
    pub organisation: String,
    /// Whether there is a page of people for them.
    pub may_people: bool,
    /// Whether there is a page of keys for them.
    pub may_keys: bool,
    /// What was just done.
    pub done: Option<&'static str>,
    /// Why the last step was refused.
    pub problem: Option<String>,
    /// New recovery codes, shown once.
    pub recovery_codes: Vec<String>,
    /// Whether there is a password.
    pub has_password: bool,
    /// Fewest letters of a new one.
    pub password_letters: i64,
    /// The second factor.
    pub factor: FactorView,
    /// What the person may do: spelling and sentence.
    pub permissions: Vec<(&'static str, &'static str)>,
    /// The sessions that count, newest first.
    pub sessions: Vec<SessionRow>,
}

/// The second factor on the account's page.
#[derive(Debug)]
pub enum FactorView {
    /// None.
    Off,
    /// A secret is made; no code has confirmed it.
    Started {
        /// The secret, in groups of four letters.
        secret: String,
        /// The address that an app opens.
        address: String,
    },
    /// It is asked for.
    On {
        /// Recovery codes that are left.
        codes_left: i64,
    },
}

/// The second factor for the page.
pub fn factor(credentials: &Credentials, codes_left: i64) -> FactorView {
    match &credentials.totp {
        None => FactorView::Off,
        Some(totp) if totp.confirmed => FactorView::On { codes_left },
        Some(started) => {
            let letters: Vec<char> = totp::base32(&started.secret).chars().collect();
            let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
            let address = totp::app_address(&started.secret, &credentials.person.email);
            FactorView::Started { secret: groups.join(" "), address }
        }
    }
}

/// A session in the list.
#[derive(Debug)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// The browser, as it calls itself.
    pub agent: String,
    /// The address that signed in.
    pub address: String,
    /// How they signed in.
    pub method: String,
    /// When they signed in.
    pub since: When,
    /// When they were last seen.
    pub seen: When,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// The sessions for the page.
pub fn rows(sessions: Vec<Session>, current: SessionId) -> Vec<SessionRow> {
    let row = |session: Session| SessionRow {
        current: session.id == current,
        id: session.id,
        agent: if session.agent.is_empty() { "unknown".to_owned() } else { session.agent },
        address: session.address,
        method: session.method,
        since: When::from(session.created_at),
        seen: When::from(session.seen_at),
    };
    sessions.into_iter().map(row).collect()
}

/// The permissions for the page.
pub fn allowed(permissions: Permissions) -> Vec<(&'static str, &'static str)> {
    permissions.iter().map(|permission| (permission.as_str(), permission.says())).collect()
}
