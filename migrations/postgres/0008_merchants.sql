-- What Assay concluded of a merchant, beside what the platform told.
ALTER TABLE merchant ADD COLUMN derived TEXT;

CREATE TABLE merchant_dossier (
    merchant TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    owner TEXT COLLATE "C",
    -- The application; null once it was erased.
    application TEXT,
    -- Everything else of the dossier, as JSON.
    body TEXT NOT NULL,
    -- Keyed hashes with masked hints, and the hashes alone, for the index of all merchants.
    features TEXT,
    sketch BYTEA,
    standing TEXT NOT NULL,
    due_at TIMESTAMPTZ,
    standing_due TIMESTAMPTZ,
    position BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX merchant_dossier_state ON merchant_dossier (state, merchant);
CREATE INDEX merchant_dossier_due ON merchant_dossier (due_at);
CREATE INDEX merchant_dossier_standing_due ON merchant_dossier (standing_due);
CREATE INDEX merchant_dossier_position ON merchant_dossier (position);
CREATE INDEX merchant_dossier_owner ON merchant_dossier (owner);

CREATE TABLE merchant_document (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    merchant TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    media_type TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    uploaded_by TEXT COLLATE "C" NOT NULL,
    uploaded_at TIMESTAMPTZ NOT NULL,
    erased_at TIMESTAMPTZ
);
CREATE INDEX merchant_document_merchant ON merchant_document (merchant, id);
CREATE INDEX merchant_document_digest ON merchant_document (digest);

CREATE TABLE merchant_link (
    merchant TEXT COLLATE "C" NOT NULL,
    other TEXT COLLATE "C" NOT NULL,
    link TEXT NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (merchant, other)
);
CREATE INDEX merchant_link_other ON merchant_link (other);

-- Entries and appeals are only ever added.
CREATE TABLE standing_entry (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    merchant TEXT COLLATE "C" NOT NULL,
    ledger TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX standing_entry_merchant ON standing_entry (merchant, id);
CREATE INDEX standing_entry_ledger ON standing_entry (ledger, expires_at);
CREATE TABLE standing_appeal (
    entry TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (entry, number)
);

CREATE TABLE screening_list (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL,
    digest TEXT COLLATE "C" NOT NULL,
    layout TEXT COLLATE "C" NOT NULL,
    published TEXT,
    entities BIGINT NOT NULL,
    report TEXT NOT NULL,
    loaded_by TEXT COLLATE "C" NOT NULL,
    loaded_at TIMESTAMPTZ NOT NULL
);
-- Every version of every entity; body is null where it was taken off the list.
CREATE TABLE screening_entity (
    list TEXT COLLATE "C" NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    digest TEXT COLLATE "C",
    body TEXT,
    PRIMARY KEY (list, id, number)
);
CREATE INDEX screening_entity_number ON screening_entity (list, number);

CREATE TABLE list_hit (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    merchant TEXT COLLATE "C" NOT NULL,
    list TEXT COLLATE "C" NOT NULL,
    entity TEXT COLLATE "C" NOT NULL,
    entity_version TEXT COLLATE "C" NOT NULL,
    merchant_version TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    decided_at TIMESTAMPTZ,
    decided_by TEXT COLLATE "C",
    reason TEXT,
    UNIQUE (merchant, list, entity)
);
CREATE INDEX list_hit_state ON list_hit (state, id);
CREATE INDEX list_hit_entity ON list_hit (entity);

CREATE TABLE authorisation (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    merchant TEXT COLLATE "C" NOT NULL,
    brand TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    body TEXT NOT NULL,
    document TEXT COLLATE "C",
    asked_by TEXT COLLATE "C" NOT NULL,
    asked_at TIMESTAMPTZ NOT NULL,
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMPTZ,
    reason TEXT
);
CREATE INDEX authorisation_merchant ON authorisation (merchant, id);
CREATE INDEX authorisation_brand ON authorisation (brand, state, id);

-- Which organisation speaks for a brand.
CREATE TABLE brand_keeper (
    brand TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organisation TEXT COLLATE "C" NOT NULL,
    since TIMESTAMPTZ NOT NULL
);
CREATE INDEX brand_keeper_organisation ON brand_keeper (organisation);
