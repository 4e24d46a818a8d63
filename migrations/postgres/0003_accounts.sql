-- Who may call: organisations, people, their sessions, and links that work once. Secrets
-- are stored as the SHA-256 of 256 random bits.
CREATE TABLE organisation (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('platform', 'brand_owner', 'agent', 'merchant')),
    name TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    closed_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX organisation_platform ON organisation (kind) WHERE kind = 'platform';
INSERT INTO organisation (id, kind, name, created_at)
VALUES ('org_00000000000000000000000001', 'platform', 'Platform', '1970-01-01T00:00:00Z');

-- email is written as the person writes it, email_key is what is compared.
CREATE TABLE person (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL UNIQUE,
    roles TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    signed_in_at TIMESTAMPTZ,
    disabled_at TIMESTAMPTZ
);
CREATE INDEX person_organisation ON person (organisation_id, id);

CREATE TABLE session (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL UNIQUE,
    person_id TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    method TEXT NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ
);
CREATE INDEX session_person ON session (person_id, id);

CREATE TABLE one_time_secret (
    secret_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    person_id TEXT COLLATE "C" NOT NULL REFERENCES person (id),
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX one_time_secret_person ON one_time_secret (person_id);

-- The keys that were there belong to the platform.
ALTER TABLE api_key ADD COLUMN organisation_id TEXT COLLATE "C" NOT NULL DEFAULT 'org_00000000000000000000000001';
CREATE INDEX api_key_organisation ON api_key (organisation_id, id);
