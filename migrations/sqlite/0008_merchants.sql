-- What Assay concluded of a merchant, beside what the platform told.
ALTER TABLE merchant ADD COLUMN derived TEXT;

CREATE TABLE merchant_dossier (
    merchant TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    name TEXT NOT NULL,
    owner TEXT,
    -- The application; null once it was erased.
    application TEXT,
    -- Everything else of the dossier, as JSON.
    body TEXT NOT NULL,
    -- Keyed hashes with masked hints, and the hashes alone, for the index of all merchants.
    features TEXT,
    sketch BLOB,
    standing TEXT NOT NULL,
    due_at TEXT,
    standing_due TEXT,
    position INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE INDEX merchant_dossier_state ON merchant_dossier (state, merchant);
CREATE INDEX merchant_dossier_due ON merchant_dossier (due_at);
CREATE INDEX merchant_dossier_standing_due ON merchant_dossier (standing_due);
CREATE INDEX merchant_dossier_position ON merchant_dossier (position);
CREATE INDEX merchant_dossier_owner ON merchant_dossier (owner);

CREATE TABLE merchant_document (
    id TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    name TEXT NOT NULL,
    uploaded_by TEXT NOT NULL,
    uploaded_at TEXT NOT NULL,
    erased_at TEXT
) STRICT;
CREATE INDEX merchant_document_merchant ON merchant_document (merchant, id);
CREATE INDEX merchant_document_digest ON merchant_document (digest);

CREATE TABLE merchant_link (
    merchant TEXT NOT NULL,
    other TEXT NOT NULL,
    link TEXT NOT NULL,
    found_at TEXT NOT NULL,
    PRIMARY KEY (merchant, other)
) STRICT;
CREATE INDEX merchant_link_other ON merchant_link (other);

-- Entries and appeals are only ever added.
CREATE TABLE standing_entry (
    id TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL,
    ledger TEXT NOT NULL,
    body TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE INDEX standing_entry_merchant ON standing_entry (merchant, id);
CREATE INDEX standing_entry_ledger ON standing_entry (ledger, expires_at);
CREATE TABLE standing_appeal (
    entry TEXT NOT NULL,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (entry, number)
) STRICT;

CREATE TABLE screening_list (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    layout TEXT NOT NULL,
    published TEXT,
    entities INTEGER NOT NULL,
    report TEXT NOT NULL,
    loaded_by TEXT NOT NULL,
    loaded_at TEXT NOT NULL
) STRICT;
-- Every version of every entity; body is null where it was taken off the list.
CREATE TABLE screening_entity (
    list TEXT NOT NULL,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT,
    body TEXT,
    PRIMARY KEY (list, id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX screening_entity_number ON screening_entity (list, number);

CREATE TABLE list_hit (
    id TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL,
    list TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_version TEXT NOT NULL,
    merchant_version TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    found_at TEXT NOT NULL,
    decided_at TEXT,
    decided_by TEXT,
    reason TEXT,
    UNIQUE (merchant, list, entity)
) STRICT;
CREATE INDEX list_hit_state ON list_hit (state, id);
CREATE INDEX list_hit_entity ON list_hit (entity);

CREATE TABLE authorisation (
    id TEXT NOT NULL PRIMARY KEY,
    merchant TEXT NOT NULL,
    brand TEXT NOT NULL,
    state TEXT NOT NULL,
    body TEXT NOT NULL,
    document TEXT,
    asked_by TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    decided_by TEXT,
    decided_at TEXT,
    reason TEXT
) STRICT;
CREATE INDEX authorisation_merchant ON authorisation (merchant, id);
CREATE INDEX authorisation_brand ON authorisation (brand, state, id);

-- Which organisation speaks for a brand.
CREATE TABLE brand_keeper (
    brand TEXT NOT NULL PRIMARY KEY,
    organisation TEXT NOT NULL,
    since TEXT NOT NULL
) STRICT;
CREATE INDEX brand_keeper_organisation ON brand_keeper (organisation);
