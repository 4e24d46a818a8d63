-- Documents that must come back byte for byte are text: jsonb would reorder them.
-- Ids sort by bytes, as on SQLite, whatever the server's locale.

-- The journal's head: one row that every writing transaction takes last. Holding it
-- until the commit is what makes audit order and event order commit order.
CREATE TABLE journal_head (
    one BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    entries BIGINT NOT NULL,
    last_hash TEXT NOT NULL,
    frontier TEXT NOT NULL,
    position BIGINT NOT NULL
);
INSERT INTO journal_head (one, entries, last_hash, frontier, position)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000', '', 0);

CREATE TABLE audit_entry (
    seq BIGINT NOT NULL PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    hash TEXT NOT NULL,
    entry TEXT NOT NULL
);
CREATE INDEX audit_entry_subject ON audit_entry (subject, seq);

CREATE TABLE outbox (
    position BIGINT NOT NULL PRIMARY KEY,
    id TEXT COLLATE "C" NOT NULL UNIQUE,
    at TIMESTAMPTZ NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE outbox_reader (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL
);

CREATE TABLE job (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
    attempt BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    run_at TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ,
    lease_owner TEXT,
    last_error TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ
);
CREATE INDEX job_due ON job (state, run_at);

-- One counter for everything that a snapshot is built from.
CREATE TABLE revision (
    number BIGINT NOT NULL PRIMARY KEY,
    digest TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    cause TEXT NOT NULL
);
INSERT INTO revision (number, digest, at, cause)
VALUES (0, '0000000000000000000000000000000000000000000000000000000000000000', '1970-01-01T00:00:00.000000Z', 'empty');

CREATE TABLE brand (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT COLLATE "C" NOT NULL
);
-- Every state a brand ever had; body is null where it was removed.
CREATE TABLE brand_version (
    key TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL REFERENCES revision (number),
    body TEXT,
    PRIMARY KEY (key, revision)
);
CREATE INDEX brand_version_revision ON brand_version (revision);
-- Marks and references have names that are unique over all brands.
CREATE TABLE registry_name (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    brand TEXT NOT NULL
);
CREATE INDEX registry_name_brand ON registry_name (brand);

CREATE TABLE rule_pack_version (
    path TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL REFERENCES revision (number),
    source TEXT,
    PRIMARY KEY (path, revision)
);

CREATE TABLE merchant (
    external_id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    facts TEXT NOT NULL,
    revision BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE listing (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    external_id TEXT COLLATE "C" NOT NULL UNIQUE,
    version BIGINT NOT NULL,
    digest TEXT NOT NULL,
    verdict_id TEXT COLLATE "C" NOT NULL,
    outcome TEXT NOT NULL,
    merchant TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    position BIGINT NOT NULL
);
CREATE INDEX listing_updated ON listing (updated_at, id);
CREATE INDEX listing_position ON listing (position);
CREATE TABLE listing_version (
    listing_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    price NUMERIC,
    currency TEXT,
    body TEXT NOT NULL,
    PRIMARY KEY (listing_id, version)
);

CREATE TABLE verdict (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    listing_id TEXT COLLATE "C" NOT NULL,
    listing_version BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    cause TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    facts TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX verdict_listing ON verdict (listing_id, id);
CREATE INDEX verdict_outcome ON verdict (outcome, id);

CREATE TABLE idempotency (
    key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (key)
);
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE hunt (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    job_id TEXT NOT NULL,
    spec TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'cancelled', 'failed')),
    revision BIGINT,
    after_listing TEXT COLLATE "C" NOT NULL,
    candidates BIGINT NOT NULL,
    examined BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    report TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE api_key (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL,
    secret_hash TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ
);
