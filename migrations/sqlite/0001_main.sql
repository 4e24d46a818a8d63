-- Instants are text of one width (2026-11-22T09:30:00.000000Z), decimals are text,
-- documents that must come back byte for byte are text on both engines.

-- The journal's head: one row that every writing transaction takes last. Holding it
-- until the commit is what makes audit order and event order commit order.
CREATE TABLE journal_head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    entries INTEGER NOT NULL,
    last_hash TEXT NOT NULL,
    frontier TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;
INSERT INTO journal_head (one, entries, last_hash, frontier, position)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '', 0);

CREATE TABLE audit_entry (
    seq INTEGER NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    entry TEXT NOT NULL
) STRICT;
CREATE INDEX audit_entry_subject ON audit_entry (subject, seq);

CREATE TABLE outbox (
    position INTEGER NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    at TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE TABLE outbox_reader (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    at TEXT NOT NULL
) STRICT;

CREATE TABLE job (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
    attempt INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    run_at TEXT NOT NULL,
    lease_until TEXT,
    lease_owner TEXT,
    last_error TEXT,
    created_at TEXT NOT NULL,
    finished_at TEXT
) STRICT;
CREATE INDEX job_due ON job (state, run_at);

-- One counter for everything that a snapshot is built from.
CREATE TABLE revision (
    number INTEGER NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    at TEXT NOT NULL,
    cause TEXT NOT NULL
) STRICT;
INSERT INTO revision (number, digest, at, cause)
VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000', '1970-01-01T00:00:00.000000Z', 'empty');

CREATE TABLE brand (
    key TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL
) STRICT;
-- Every state a brand ever had; body is null where it was removed.
CREATE TABLE brand_version (
    key TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revision (number),
    body TEXT,
    PRIMARY KEY (key, revision)
) STRICT;
CREATE INDEX brand_version_revision ON brand_version (revision);
-- Marks and references have names that are unique over all brands.
CREATE TABLE registry_name (
    name TEXT NOT NULL PRIMARY KEY,
    brand TEXT NOT NULL
) STRICT;
CREATE INDEX registry_name_brand ON registry_name (brand);

CREATE TABLE rule_pack_version (
    path TEXT NOT NULL,
    revision INTEGER NOT NULL REFERENCES revision (number),
    source TEXT,
    PRIMARY KEY (path, revision)
) STRICT;

CREATE TABLE merchant (
    external_id TEXT NOT NULL PRIMARY KEY,
    facts TEXT NOT NULL,
    revision INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE listing (
    id TEXT NOT NULL PRIMARY KEY,
    external_id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    verdict_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    merchant TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    position INTEGER NOT NULL
) STRICT;
CREATE INDEX listing_updated ON listing (updated_at, id);
CREATE INDEX listing_position ON listing (position);
CREATE TABLE listing_version (
    listing_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    at TEXT NOT NULL,
    price TEXT,
    currency TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (listing_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE verdict (
    id TEXT NOT NULL PRIMARY KEY,
    listing_id TEXT NOT NULL,
    listing_version INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    cause TEXT NOT NULL,
    at TEXT NOT NULL,
    facts TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX verdict_listing ON verdict (listing_id, id);
CREATE INDEX verdict_outcome ON verdict (outcome, id);

CREATE TABLE idempotency (
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    answer TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE hunt (
    id TEXT NOT NULL PRIMARY KEY,
    job_id TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    revision INTEGER,
    after_listing TEXT NOT NULL,
    candidates INTEGER NOT NULL,
    examined INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    report TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT,
    last_used_at TEXT,
    revoked_at TEXT
) STRICT;
