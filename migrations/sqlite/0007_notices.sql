-- Which brands an organisation may enforce, and which merchants it is; verified once by staff.
CREATE TABLE organisation_right (
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    kind TEXT NOT NULL CHECK (kind IN ('brand', 'merchant')),
    name TEXT NOT NULL,
    evidence TEXT NOT NULL,
    granted_by TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, kind, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX organisation_right_name ON organisation_right (kind, name);

-- Takedown notices. `body` is what was sent.
CREATE TABLE notice (
    id TEXT NOT NULL PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id),
    filed_by TEXT NOT NULL,
    ground TEXT NOT NULL,
    regime TEXT NOT NULL,
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    body TEXT NOT NULL,
    filed_at TEXT NOT NULL,
    due_at TEXT
) STRICT;
CREATE INDEX notice_organisation ON notice (organisation_id, id);

-- One row for each listing of a notice. `live` names notifier, ground and listing while the notice
-- is open, so that one is not filed twice.
CREATE TABLE notice_item (
    notice_id TEXT NOT NULL REFERENCES notice (id),
    number INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    listing_id TEXT NOT NULL,
    listing_version INTEGER NOT NULL,
    merchant TEXT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    findings TEXT NOT NULL,
    doubtful INTEGER NOT NULL CHECK (doubtful IN (0, 1)),
    unfounded INTEGER NOT NULL CHECK (unfounded IN (0, 1)),
    upheld INTEGER NOT NULL CHECK (upheld IN (0, 1)),
    overturned INTEGER NOT NULL CHECK (overturned IN (0, 1)),
    due_at TEXT,
    acts_at TEXT,
    decided_by TEXT,
    decided_at TEXT,
    statement_id TEXT,
    live TEXT UNIQUE,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (notice_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_item_listing ON notice_item (external_id, notice_id);
CREATE INDEX notice_item_merchant ON notice_item (merchant, notice_id);
CREATE INDEX notice_item_acts ON notice_item (acts_at) WHERE acts_at IS NOT NULL;
CREATE INDEX notice_item_state ON notice_item (state, due_at);

-- Everything that happened to a notice; never changed. `number` is null for the whole notice.
CREATE TABLE notice_event (
    id TEXT NOT NULL PRIMARY KEY,
    notice_id TEXT NOT NULL REFERENCES notice (id),
    number INTEGER,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    event TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX notice_event_notice ON notice_event (notice_id, id);

-- Requests that were sent with an idempotency key.
CREATE TABLE notice_request (
    organisation_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    notice_id TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (organisation_id, key)
) STRICT, WITHOUT ROWID;

-- What staff decided about a notifier.
CREATE TABLE notifier (
    organisation_id TEXT NOT NULL PRIMARY KEY REFERENCES organisation (id),
    trusted INTEGER NOT NULL CHECK (trusted IN (0, 1)),
    warned_at TEXT,
    suspended_until TEXT,
    updated_at TEXT NOT NULL
) STRICT;

-- Statements of reasons: written with the restriction, sent later.
CREATE TABLE statement (
    id TEXT NOT NULL PRIMARY KEY,
    puid TEXT NOT NULL UNIQUE,
    external_id TEXT NOT NULL,
    merchant TEXT,
    notice_id TEXT,
    number INTEGER,
    body TEXT NOT NULL,
    made_at TEXT NOT NULL,
    ended_at TEXT,
    export TEXT NOT NULL CHECK (export IN ('waiting', 'sent', 'refused', 'outside')),
    exported_at TEXT,
    problem TEXT
) STRICT;
CREATE INDEX statement_merchant ON statement (merchant, id);
CREATE INDEX statement_export ON statement (export, id);

-- Appeals against decisions (DSA art. 20), of either side.
CREATE TABLE appeal (
    id TEXT NOT NULL PRIMARY KEY,
    notice_id TEXT NOT NULL REFERENCES notice (id),
    number INTEGER NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('merchant', 'notifier')),
    organisation_id TEXT NOT NULL,
    filed_by TEXT NOT NULL,
    words TEXT NOT NULL,
    filed_at TEXT NOT NULL,
    due_at TEXT NOT NULL,
    not_for TEXT,
    live TEXT UNIQUE,
    outcome TEXT CHECK (outcome IN ('granted', 'refused')),
    answer TEXT,
    decided_by TEXT,
    decided_at TEXT
) STRICT;
CREATE INDEX appeal_notice ON appeal (notice_id, number);
CREATE INDEX appeal_open ON appeal (due_at) WHERE outcome IS NULL;
