-- Passwords (argon2id, PHC form), one-time codes by the clock, browsers that signed in
-- before, and budgets of wrong guesses.
ALTER TABLE person ADD COLUMN password_hash TEXT;
ALTER TABLE person ADD COLUMN totp_secret BLOB;
ALTER TABLE person ADD COLUMN totp_confirmed_at TEXT;
-- The last step whose code was taken: a code counts once.
ALTER TABLE person ADD COLUMN totp_step INTEGER;

CREATE TABLE recovery_code (
    person_id TEXT NOT NULL REFERENCES person (id),
    code_hash TEXT NOT NULL,
    used_at TEXT,
    PRIMARY KEY (person_id, code_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE known_device (
    secret_hash TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person (id),
    created_at TEXT NOT NULL,
    PRIMARY KEY (secret_hash, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX known_device_person ON known_device (person_id);

CREATE TABLE guess_budget (
    name TEXT NOT NULL PRIMARY KEY,
    whole_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX guess_budget_whole ON guess_budget (whole_at);
