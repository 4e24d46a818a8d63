//! Passwords: which are taken, how they are hashed and compared.
//!
//! argon2id; the parameters are dated data (`policy.toml`) and stand in each stored hash.
//! Hashing takes tens of milliseconds and megabytes on purpose, so it runs on threads of its
//! own, a few at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use super::policy::Policy;
use crate::kernel::Instant;

/// Longest password, in bytes: more adds nothing and costs time.
const MAX_BYTES: usize = 1_024;
/// Passwords hashed at the same time.
const AT_ONCE: usize = 2;

/// A password as somebody typed it. Its `Debug` hides it.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Wraps what was typed.
    pub fn new(typed: String) -> Self {
        Self(typed)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Password(hidden)")
    }
}

/// Why a new password is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few letters.
    #[error("the password has fewer than {0} letters; a sentence is easy to remember")]
    Short(i64),
    /// Too many bytes.
    #[error("the password is longer than 1,024 bytes")]
    Long,
    /// A guess that is tried first.
    #[error(
        "the password is too easy to guess; use one that does not repeat itself and does not hold your name or address"
    )]
    Guessable,
}

/// Refuses what is guessed first: short ones, repetitions, one's own name or address.
pub fn check_new(password: &Password, about: &[&str], policy: &Policy) -> Result<(), WeakPassword> {
    let text = password.0.as_str();
    if text.len() > MAX_BYTES {
        return Err(WeakPassword::Long);
    }
    if (text.chars().count() as i64) < policy.password_letters {
        return Err(WeakPassword::Short(policy.password_letters));
    }
    let mut rest = text.to_lowercase();
    for known in about.iter().flat_map(|text| text.split(['@', ' ', '.'])).filter(|word| word.chars().count() >= 3) {
        rest = rest.replace(&known.to_lowercase(), "");
    }
    let distinct: std::collections::BTreeSet<char> = rest.chars().collect();
    if distinct.len() < 6 || (rest.chars().count() as i64) < policy.password_letters / 2 {
        return Err(WeakPassword::Guessable);
    }
    Ok(())
}

/// Hashes and compares passwords off the threads that answer requests.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

fn hasher(policy: &Policy) -> Argon2<'static> {
    let params = Params::new(policy.password_memory_kib, policy.password_passes, 1, None);
    let params = params.expect("a test checks the built-in parameters");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

impl Passwords {
    /// The hash to store, in PHC form.
    pub async fn hash(&self, password: Password, now: Instant) -> String {
        let policy = Policy::at(now);
        self.off_thread(move || {
            let hashed = hasher(policy).hash_password(password.0.as_bytes());
            hashed.expect("the machine has random bytes and the parameters fit").to_string()
        })
        .await
        .expect("hashing does not panic and the runtime is running")
    }

    /// Whether `password` is the one whose hash is stored. Without a hash the same work is
    /// done, so that the time does not tell whether there is an account.
    pub async fn verify(&self, password: Password, stored: Option<String>, now: Instant) -> bool {
        let policy = Policy::at(now);
        let verify = move || {
            let given = password.0.as_bytes();
            let parsed = stored.as_deref().and_then(|stored| PasswordHash::new(stored).ok());
            let Some(parsed) = parsed.filter(|_| given.len() <= MAX_BYTES) else {
                let _ = hasher(policy).hash_password(b"nobody has this one");
                return false;
            };
            Argon2::default().verify_password(given, &parsed).is_ok()
        };
        self.off_thread(verify).await.unwrap_or(false)
    }

    async fn off_thread<Answer: Send + 'static>(
        &self,
        work: impl FnOnce() -> Answer + Send + 'static,
    ) -> Option<Answer> {
        let _place = self.places.acquire().await.ok()?;
        tokio::task::spawn_blocking(work).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Instant {
        "2026-11-22T10:00:00Z".parse().unwrap()
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        let check = |text: &str| {
            check_new(&Password::new(text.to_owned()), &["Ada Field", "ada@northpeak.example"], Policy::at(now()))
        };
        assert_eq!(check("a winter morning walk"), Ok(()));
        assert!(matches!(check("short one"), Err(WeakPassword::Short(_))));
        assert_eq!(check(&"abc".repeat(400)), Err(WeakPassword::Long));
        for guessable in
            ["aaaaaaaaaaaaaaaaaaaa", "abababababababababab", "ada@northpeak.example", "northpeaknorthpeak1234"]
        {
            assert_eq!(check(guessable), Err(WeakPassword::Guessable), "{guessable}");
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_one() {
        let passwords = Passwords::default();
        let typed = || Password::new("a winter morning walk".to_owned());
        let stored = passwords.hash(typed(), now()).await;
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(passwords.hash(typed(), now()).await, stored, "each has a salt of its own");
        assert!(passwords.verify(typed(), Some(stored.clone()), now()).await);
        for (given, hash) in [
            (Password::new("a winter morning wall".to_owned()), Some(stored.clone())),
            (Password::new(String::new()), Some(stored)),
            (typed(), Some("nonsense".to_owned())),
            (typed(), None),
        ] {
            assert!(!passwords.verify(given, hash, now()).await);
        }
        assert_eq!(format!("{:?}", typed()), "Password(hidden)");
    }
}
