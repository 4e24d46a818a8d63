-- Passwords (argon2id, PHC form), one-time codes by the clock, browsers that signed in
-- before, and budgets of wrong guesses.
ALTER TABLE person ADD COLUMN password_hash TEXT;
ALTER TABLE person ADD COLUMN totp_secret BYTEA;
ALTER TABLE person ADD COLUMN totp_confirmed_at TIMESTAMPTZ;
-- The last step whose code was taken: a code counts once.
ALTER TABLE person ADD COLUMN totp_step BIGINT;

CREATE TABLE recovery_code (
    person_id TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    code_hash TEXT COLLATE "C" NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (person_id, code_hash)
);

CREATE TABLE known_device (
    secret_hash TEXT COLLATE "C" NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (secret_hash, person_id)
);
CREATE INDEX known_device_person ON known_device (person_id);

CREATE TABLE guess_budget (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    whole_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX guess_budget_whole ON guess_budget (whole_at);
