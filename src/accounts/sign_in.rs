//! Signing in by password, choosing one, and the second factor.

use super::budget::Budget;
use super::model::{SignInMethod, email_key};
use super::password::{Password, WeakPassword, check_new};
use super::policy::Policy;
use super::secret::Secret;
use super::service::{AccountError, Accounts, Opened, Visit, entry};
use super::store_sign_in::{self as credentials, Credentials};
use super::{store, totp};
use crate::audit::journal;
use crate::kernel::id::{PersonId, SessionId};
use crate::kernel::{Digest, Instant};
use crate::store::{StoreError, Tx};
use crate::system::random_bytes;

/// Recovery codes of one account.
const RECOVERY_CODES: usize = 10;
/// Letters of a recovery code: 80 bits, five each.
const RECOVERY_LETTERS: usize = 16;

/// What was typed into the sign-in form.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The mail address.
    pub email: String,
    /// The password.
    pub password: Password,
    /// A code of the authenticator app or a recovery code; empty = none.
    pub code: String,
}

/// What came of a sign-in.
#[derive(Debug)]
pub enum SignIn {
    /// A session; for a browser that is new to the account, the secret by which it is known.
    Opened {
        /// The session.
        opened: Opened,
        /// What the browser keeps beside it.
        device: Option<Secret>,
    },
    /// Address, password or code is wrong; which of them is not told.
    Wrong,
    /// Too many wrong guesses; nothing was looked at.
    Wait,
}

/// Why a step on one's own account is refused.
#[derive(Debug, thiserror::Error)]
pub enum OwnAccountError {
    /// The password in force, or the code, is wrong.
    #[error("the password or the code is wrong")]
    Wrong,
    /// Too many wrong guesses.
    #[error("too many wrong guesses; wait some minutes")]
    Wait,
    /// The new password is refused.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// There is a second factor already, or none yet.
    #[error("the second factor is not in the state for this step; load the page again")]
    State,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A code that stands in for the authenticator app, once.
fn recovery_hash(code: &str) -> Digest {
    let plain: String = code.to_lowercase().chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    Digest::of_parts(&[b"recovery ", plain.as_bytes()])
}

/// The guesses that one try takes: names and sizes. A browser that signed in to the account
/// before has a budget of its own, which nobody else can use up.
fn budgets(address: &str, email: &str, device: Option<Digest>, policy: &Policy) -> Vec<(String, Budget)> {
    if let Some(device) = device {
        return vec![(format!("device {device}"), policy.guesses_of_account)];
    }
    let account = Digest::of(email_key(email).as_bytes());
    vec![
        (format!("address {}", network_of(address)), policy.guesses_of_address),
        (format!("account {account}"), policy.guesses_of_account),
    ]
}

/// An address, or of IPv6 the network that one customer commonly has (64 bits).
fn network_of(address: &str) -> String {
    match address.parse::<std::net::Ipv6Addr>() {
        Ok(six) => format!("{:x?}", &six.segments()[..4]),
        Err(_) => address.to_owned(),
    }
}

impl Accounts {
    /// Signs in by password, and by code where the account has a second factor.
    pub async fn sign_in(&self, typed: Typed, visit: Visit) -> Result<SignIn, AccountError> {
        let now = self.clock.now();
        let policy = Policy::at(now);
        let found = credentials::credentials_by_email(&self.db, &typed.email).await?;
        let device = self.known_device(found.as_ref(), &visit, now).await?;
        let budgets = budgets(&visit.address, &typed.email, device, policy);
        if !self.take_guesses(&budgets, now).await? {
            return Ok(SignIn::Wait);
        }
        let hash = found.as_ref().and_then(|found| found.password_hash.clone());
        let right = self.passwords.verify(typed.password, hash, now).await;
        let open = match &found {
            Some(found) => right && found.person.disabled_at.is_none() && self.is_open(found).await?,
            None => false,
        };
        let Some(found) = found.as_ref().filter(|_| open) else {
            self.note_failure(found.as_ref().map(|found| found.person.id), now).await?;
            return Ok(SignIn::Wrong);
        };
        let held = self.held(&visit).await?;
        let mut tx = self.db.begin().await?;
        let method = match self.second_factor(&mut tx, found, &typed.code, now).await? {
            Some(method) => method,
            None => {
                drop(tx);
                self.note_failure(Some(found.person.id), now).await?;
                return Ok(SignIn::Wrong);
            }
        };
        for (name, budget) in &budgets {
            credentials::give_guess_back(&mut tx, name, *budget).await?;
        }
        if let Some(held) = held {
            store::end_session(&mut tx, held.person, held.id, now).await?;
        }
        let new_device = device.is_none().then(|| Secret::new(random_bytes()));
        if let Some(secret) = &new_device {
            credentials::remember_device(&mut tx, secret.hash(), found.person.id, now).await?;
        }
        let opened = self.open_session(&mut tx, found.person.id, method, visit, now).await?;
        tx.commit().await?;
        Ok(SignIn::Opened { opened, device: new_device })
    }

    async fn is_open(&self, found: &Credentials) -> Result<bool, StoreError> {
        let organisation = store::organisation(&self.db, found.person.organisation).await?;
        Ok(organisation.is_some_and(|organisation| organisation.closed_at.is_none()))
    }

    /// The browser's own secret, when it signed in to this account before.
    async fn known_device(
        &self,
        found: Option<&Credentials>,
        visit: &Visit,
        now: Instant,
    ) -> Result<Option<Digest>, StoreError> {
        let (Some(found), Some(device)) = (found, &visit.device) else {
            return Ok(None);
        };
        let since = now.plus_seconds(-Policy::at(now).device_seconds);
        let known = credentials::is_known_device(&self.db, device.hash(), found.person.id, since).await?;
        Ok(known.then(|| device.hash()))
    }

    /// Takes a guess from each budget, or from none.
    async fn take_guesses(&self, budgets: &[(String, Budget)], now: Instant) -> Result<bool, StoreError> {
        let mut tx = self.db.begin().await?;
        for (name, budget) in budgets {
            if !credentials::take_guess(&mut tx, name, *budget, now).await? {
                return Ok(false);
            }
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn note_failure(&self, person: Option<PersonId>, now: Instant) -> Result<(), StoreError> {
        let subject = person.map_or_else(|| "nobody".to_owned(), |person| person.to_string());
        let mut tx = self.db.begin().await?;
        let told = entry("person.sign_in_failed", subject, "nobody", &serde_json::json!({}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await
    }

    /// How the person signed in, when the code is right or none is asked for. Uses the code up.
    async fn second_factor(
        &self,
        tx: &mut Tx,
        found: &Credentials,
        code: &str,
        now: Instant,
    ) -> Result<Option<SignInMethod>, StoreError> {
        let Some(factor) = found.second_factor() else {
            return Ok(Some(SignInMethod::Password));
        };
        let person = found.person.id;
        if let Some(step) = totp::accepted_step(&factor.secret, code, factor.last_step, now) {
            let taken = credentials::take_step(tx, person, step).await?;
            return Ok(taken.then_some(SignInMethod::PasswordAndCode));
        }
        let used = credentials::use_recovery_code(tx, person, recovery_hash(code), now).await?;
        Ok(used.then_some(SignInMethod::PasswordAndRecovery))
    }

    /// Takes a guess of the person's own budget, for steps within a session.
    async fn own_guess(&self, person: PersonId, now: Instant) -> Result<(), OwnAccountError> {
        let budget = (format!("own {person}"), Policy::at(now).guesses_of_account);
        if self.take_guesses(&[budget], now).await? { Ok(()) } else { Err(OwnAccountError::Wait) }
    }

    /// What proves who a person is.
    async fn own(&self, person: PersonId) -> Result<Credentials, OwnAccountError> {
        credentials::credentials(&self.db, person).await?.ok_or(OwnAccountError::State)
    }

    /// The person's password and second factor, for their own page.
    pub async fn credentials(&self, person: PersonId) -> Result<Option<Credentials>, StoreError> {
        credentials::credentials(&self.db, person).await
    }

    /// How many recovery codes the person has left.
    pub async fn recovery_codes_left(&self, person: PersonId) -> Result<i64, StoreError> {
        credentials::recovery_codes_left(&self.db, person).await
    }

    /// Chooses a password. Where there is one, it must be given; other sessions end.
    pub async fn choose_password(
        &self,
        person: PersonId,
        session: SessionId,
        current: Password,
        new: Password,
    ) -> Result<(), OwnAccountError> {
        let now = self.clock.now();
        let found = self.own(person).await?;
        let about = [found.person.name.as_str(), found.person.email.as_str()];
        check_new(&new, &about, Policy::at(now))?;
        if let Some(hash) = found.password_hash {
            self.own_guess(person, now).await?;
            if !self.passwords.verify(current, Some(hash), now).await {
                return Err(OwnAccountError::Wrong);
            }
        }
        let hash = self.passwords.hash(new, now).await;
        let mut tx = self.db.begin().await?;
        credentials::set_password(&mut tx, person, &hash).await?;
        let ended = credentials::end_other_sessions(&mut tx, person, Some(session), now).await?;
        let body = serde_json::json!({"sessions_ended": ended});
        let told = entry("person.password_chosen", person, &person.to_string(), &body);
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes a secret for the authenticator app; it counts once a code of it was given.
    pub async fn start_second_factor(&self, person: PersonId) -> Result<(), OwnAccountError> {
        let secret: [u8; totp::SECRET_BYTES] = random_bytes();
        let mut tx = self.db.begin().await?;
        if !credentials::start_totp(&mut tx, person, &secret).await? {
            return Err(OwnAccountError::State);
        }
        tx.commit().await?;
        Ok(())
    }

    /// Switches the second factor on when `code` is right; answers the recovery codes, which
    /// are shown once.
    pub async fn confirm_second_factor(&self, person: PersonId, code: &str) -> Result<Vec<String>, OwnAccountError> {
        let now = self.clock.now();
        let found = self.own(person).await?;
        let started = found.totp.filter(|totp| !totp.confirmed).ok_or(OwnAccountError::State)?;
        self.own_guess(person, now).await?;
        let step = totp::accepted_step(&started.secret, code, None, now).ok_or(OwnAccountError::Wrong)?;
        let codes: Vec<String> = (0..RECOVERY_CODES)
            .map(|_| Secret::new(random_bytes()).reveal()[1..=RECOVERY_LETTERS].to_owned())
            .collect();
        let hashes: Vec<Digest> = codes.iter().map(|code| recovery_hash(code)).collect();
        let mut tx = self.db.begin().await?;
        if !credentials::take_step(&mut tx, person, step).await? {
            return Err(OwnAccountError::Wrong);
        }
        credentials::confirm_totp(&mut tx, person, &hashes, now).await?;
        let told = entry("person.second_factor_on", person, &person.to_string(), &serde_json::json!({}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Switches the second factor off with a code of it, or a recovery code.
    pub async fn remove_second_factor(&self, person: PersonId, code: &str) -> Result<(), OwnAccountError> {
        let now = self.clock.now();
        let found = self.own(person).await?;
        if found.second_factor().is_none() {
            return Err(OwnAccountError::State);
        }
        self.own_guess(person, now).await?;
        let mut tx = self.db.begin().await?;
        if self.second_factor(&mut tx, &found, code, now).await?.is_none() {
            return Err(OwnAccountError::Wrong);
        }
        credentials::remove_totp(&mut tx, person).await?;
        let told = entry("person.second_factor_off", person, &person.to_string(), &serde_json::json!({}));
        journal::append(&mut tx, now, vec![told], Vec::new()).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Forgets budgets that are whole again and browsers that were not seen for long.
    pub async fn forget_old(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        credentials::forget_old(&mut tx, now, now.plus_seconds(-Policy::at(now).device_seconds)).await?;
        tx.commit().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recovery_code_is_read_however_it_is_written() {
        assert_eq!(recovery_hash("abcd-EFGH 1234"), recovery_hash("abcdefgh1234"));
        assert_ne!(recovery_hash("abcdefgh1234"), recovery_hash("abcdefgh1235"));
    }

    #[test]
    fn addresses_of_one_network_share_a_budget_and_a_known_browser_has_its_own() {
        assert_eq!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
        assert_ne!(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
        assert_eq!(network_of("192.0.2.1"), "192.0.2.1");
        let policy = Policy::at("2026-11-22T00:00:00Z".parse().unwrap());
        let stranger = budgets("192.0.2.1", "Ada@example.com", None, policy);
        assert_eq!(stranger, budgets("192.0.2.1", "ada@example.com ", None, policy));
        let known = budgets("192.0.2.1", "ada@example.com", Some(Digest::of(b"x")), policy);
        assert!(known.iter().all(|(name, _)| stranger.iter().all(|(other, _)| other != name)));
        assert!(!stranger[1].0.contains("example"), "no address of a person in the table");
    }
}
