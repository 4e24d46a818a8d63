//! Queries over passwords, codes, known browsers and budgets of guesses.

use super::budget::Budget;
use super::model::{Person, email_key};
use super::store::read_person;
use crate::kernel::id::PersonId;
use crate::kernel::{Digest, Instant};
use crate::params;
use crate::store::{Db, Row, Sql, StoreError, Tx};

/// A person with what proves who they are.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The person.
    pub person: Person,
    /// The password's hash; absent = none was chosen yet.
    pub password_hash: Option<String>,
    /// The shared secret of the authenticator app.
    pub totp: Option<Totp>,
}

/// The state of the second factor.
#[derive(Clone)]
pub struct Totp {
    /// The shared secret.
    pub secret: Vec<u8>,
    /// Whether a first code proved that the app has it.
    pub confirmed: bool,
    /// The last step whose code was taken.
    pub last_step: Option<i64>,
}

impl std::fmt::Debug for Totp {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Totp(confirmed: {}, secret hidden)", self.confirmed)
    }
}

impl Credentials {
    /// The second factor, where one is asked for.
    pub fn second_factor(&self) -> Option<&Totp> {
        self.totp.as_ref().filter(|totp| totp.confirmed)
    }
}

fn read(row: &Row) -> Result<Credentials, StoreError> {
    let secret: Option<Vec<u8>> = row.get("totp_secret")?;
    let confirmed: Option<Instant> = row.get("totp_confirmed_at")?;
    let last_step = row.get("totp_step")?;
    let totp = secret.map(|secret| Totp { secret, confirmed: confirmed.is_some(), last_step });
    Ok(Credentials { person: read_person(row)?, password_hash: row.get("password_hash")?, totp })
}

/// The credentials of the person with this mail address.
pub async fn credentials_by_email(db: &Db, email: &str) -> Result<Option<Credentials>, StoreError> {
    let text = "SELECT id, organisation_id, name, email, roles, created_at, signed_in_at, disabled_at,
                       password_hash, totp_secret, totp_confirmed_at, totp_step
                FROM person WHERE email_key = $1";
    db.optional(text, params![email_key(email)]).await?.as_ref().map(read).transpose()
}

/// The credentials of a person.
pub async fn credentials(db: &Db, person: PersonId) -> Result<Option<Credentials>, StoreError> {
    let text = "SELECT id, organisation_id, name, email, roles, created_at, signed_in_at, disabled_at,
                       password_hash, totp_secret, totp_confirmed_at, totp_step
                FROM person WHERE id = $1";
    db.optional(text, params![person]).await?.as_ref().map(read).transpose()
}

/// Sets the password.
pub async fn set_password(tx: &mut Tx, person: PersonId, hash: &str) -> Result<(), StoreError> {
    tx.execute("UPDATE person SET password_hash = $2 WHERE id = $1", params![person, hash]).await?;
    Ok(())
}

/// Ends the person's sessions but `kept`; answers how many.
pub async fn end_other_sessions(
    tx: &mut Tx,
    person: PersonId,
    kept: Option<crate::kernel::id::SessionId>,
    now: Instant,
) -> Result<u64, StoreError> {
    let kept = kept.map_or_else(String::new, |id| id.to_string());
    let text = "UPDATE session SET ended_at = $3 WHERE person_id = $1 AND id <> $2 AND ended_at IS NULL";
    tx.execute(text, params![person, kept, now]).await
}

// ── The second factor ───────────────────────────────────────────────────────────────────────

/// Stores a secret that no code has confirmed yet; `false` when a confirmed one is there.
pub async fn start_totp(tx: &mut Tx, person: PersonId, secret: &[u8]) -> Result<bool, StoreError> {
    let text = "UPDATE person SET totp_secret = $2, totp_step = NULL WHERE id = $1 AND totp_confirmed_at IS NULL";
    Ok(tx.execute(text, params![person, secret]).await? == 1)
}

/// Takes a step's code: `false` when it, or a later one, was taken before.
pub async fn take_step(tx: &mut Tx, person: PersonId, step: i64) -> Result<bool, StoreError> {
    let text = "UPDATE person SET totp_step = $2 WHERE id = $1 AND (totp_step IS NULL OR totp_step < $2)";
    Ok(tx.execute(text, params![person, step]).await? == 1)
}

/// Confirms the secret and stores the recovery codes' hashes instead of any before.
pub async fn confirm_totp(tx: &mut Tx, person: PersonId, codes: &[Digest], now: Instant) -> Result<(), StoreError> {
    tx.execute("UPDATE person SET totp_confirmed_at = $2 WHERE id = $1", params![person, now]).await?;
    tx.execute("DELETE FROM recovery_code WHERE person_id = $1", params![person]).await?;
    let rows = codes.iter().map(|code| params![person, *code]).collect();
    tx.insert_many("INSERT INTO recovery_code (person_id, code_hash)", "", rows).await?;
    Ok(())
}

/// Takes the second factor away.
pub async fn remove_totp(tx: &mut Tx, person: PersonId) -> Result<(), StoreError> {
    let text = "UPDATE person SET totp_secret = NULL, totp_confirmed_at = NULL, totp_step = NULL WHERE id = $1";
    tx.execute(text, params![person]).await?;
    tx.execute("DELETE FROM recovery_code WHERE person_id = $1", params![person]).await?;
    Ok(())
}

/// Uses a recovery code up: `false` when it is none of the person's, or was used.
pub async fn use_recovery_code(tx: &mut Tx, person: PersonId, code: Digest, now: Instant) -> Result<bool, StoreError> {
    let text = "UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND code_hash = $2 AND used_at IS NULL";
    Ok(tx.execute(text, params![person, code, now]).await? == 1)
}

/// How many recovery codes are left.
pub async fn recovery_codes_left(db: &Db, person: PersonId) -> Result<i64, StoreError> {
    let text = "SELECT COUNT(*) AS count FROM recovery_code WHERE person_id = $1 AND used_at IS NULL";
    db.optional(text, params![person]).await?.map_or(Ok(0), |row| row.get("count"))
}

// ── Known browsers ──────────────────────────────────────────────────────────────────────────

/// Whether this browser signed in to the account after `since`.
pub async fn is_known_device(db: &Db, device: Digest, person: PersonId, since: Instant) -> Result<bool, StoreError> {
    let text = "SELECT person_id FROM known_device WHERE secret_hash = $1 AND person_id = $2 AND created_at > $3";
    Ok(db.optional(text, params![device, person, since]).await?.is_some())
}

/// Remembers that this browser signed in to the account.
pub async fn remember_device(tx: &mut Tx, device: Digest, person: PersonId, now: Instant) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO known_device (secret_hash, person_id, created_at) VALUES ($1, $2, $3)
         ON CONFLICT (secret_hash, person_id) DO UPDATE SET created_at = excluded.created_at",
        params![device, person, now],
    )
    .await?;
    Ok(())
}

// ── Budgets ─────────────────────────────────────────────────────────────────────────────────

const BUDGET: Sql = Sql::per_engine(
    "SELECT whole_at FROM guess_budget WHERE name = $1",
    "SELECT whole_at FROM guess_budget WHERE name = $1 FOR UPDATE",
);

/// Takes one guess from a budget; `false` when nothing is left. Of guesses that come at once,
/// no more pass than the budget has.
pub async fn take_guess(tx: &mut Tx, name: &str, budget: Budget, now: Instant) -> Result<bool, StoreError> {
    let made = "INSERT INTO guess_budget (name, whole_at) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    tx.execute(made, params![name, now]).await?;
    let whole_at = tx.optional(BUDGET, params![name]).await?.map(|row| row.get("whole_at")).transpose()?;
    let Some(after) = budget.take(whole_at, now) else {
        return Ok(false);
    };
    tx.execute("UPDATE guess_budget SET whole_at = $2 WHERE name = $1", params![name, after]).await?;
    Ok(true)
}

/// Gives a guess back: it was right.
pub async fn give_guess_back(tx: &mut Tx, name: &str, budget: Budget) -> Result<(), StoreError> {
    let whole_at: Option<Instant> =
        tx.optional(BUDGET, params![name]).await?.map(|row| row.get("whole_at")).transpose()?;
    if let Some(whole_at) = whole_at {
        let before = budget.give_back(whole_at);
        tx.execute("UPDATE guess_budget SET whole_at = $2 WHERE name = $1", params![name, before]).await?;
    }
    Ok(())
}

/// Forgets budgets that are whole again, and browsers that signed in before `devices_before`.
pub async fn forget_old(tx: &mut Tx, now: Instant, devices_before: Instant) -> Result<(), StoreError> {
    tx.execute("DELETE FROM guess_budget WHERE whole_at < $1", params![now]).await?;
    tx.execute("DELETE FROM known_device WHERE created_at < $1", params![devices_before]).await?;
    Ok(())
}
