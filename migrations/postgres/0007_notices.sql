-- Which brands an organisation may enforce, and which merchants it is; verified once by staff.
CREATE TABLE organisation_right (
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('brand', 'merchant')),
    name TEXT COLLATE "C" NOT NULL,
    evidence TEXT COLLATE "C" NOT NULL,
    granted_by TEXT COLLATE "C" NOT NULL,
    granted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organisation_id, kind, name)
);
CREATE INDEX organisation_right_name ON organisation_right (kind, name);

-- Takedown notices. `body` is what was sent.
CREATE TABLE notice (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organisation_id TEXT COLLATE "C" NOT NULL REFERENCES organisation (id),
    filed_by TEXT COLLATE "C" NOT NULL,
    ground TEXT COLLATE "C" NOT NULL,
    regime TEXT COLLATE "C" NOT NULL,
    trusted BOOLEAN NOT NULL,
    body TEXT COLLATE "C" NOT NULL,
    filed_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ
);
CREATE INDEX notice_organisation ON notice (organisation_id, id);

-- One row for each listing of a notice. `live` names notifier, ground and listing while the notice
-- is open, so that one is not filed twice.
CREATE TABLE notice_item (
    notice_id TEXT COLLATE "C" NOT NULL REFERENCES notice (id),
    number BIGINT NOT NULL,
    external_id TEXT COLLATE "C" NOT NULL,
    listing_id TEXT COLLATE "C" NOT NULL,
    listing_version BIGINT NOT NULL,
    merchant TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    findings TEXT COLLATE "C" NOT NULL,
    doubtful BOOLEAN NOT NULL,
    unfounded BOOLEAN NOT NULL,
    upheld BOOLEAN NOT NULL,
    overturned BOOLEAN NOT NULL,
    due_at TIMESTAMPTZ,
    acts_at TIMESTAMPTZ,
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMPTZ,
    statement_id TEXT COLLATE "C",
    live TEXT COLLATE "C" UNIQUE,
    updated_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (notice_id, number)
);
CREATE INDEX notice_item_listing ON notice_item (external_id, notice_id);
CREATE INDEX notice_item_merchant ON notice_item (merchant, notice_id);
CREATE INDEX notice_item_acts ON notice_item (acts_at) WHERE acts_at IS NOT NULL;
CREATE INDEX notice_item_state ON notice_item (state, due_at);

-- Everything that happened to a notice; never changed. `number` is null for the whole notice.
CREATE TABLE notice_event (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    notice_id TEXT COLLATE "C" NOT NULL REFERENCES notice (id),
    number BIGINT,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    event TEXT COLLATE "C" NOT NULL,
    body TEXT COLLATE "C" NOT NULL
);
CREATE INDEX notice_event_notice ON notice_event (notice_id, id);

-- Requests that were sent with an idempotency key.
CREATE TABLE notice_request (
    organisation_id TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    notice_id TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organisation_id, key)
);

-- What staff decided about a notifier.
CREATE TABLE notifier (
    organisation_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES organisation (id),
    trusted BOOLEAN NOT NULL,
    warned_at TIMESTAMPTZ,
    suspended_until TIMESTAMPTZ,
    updated_at TIMESTAMPTZ NOT NULL
);

-- Statements of reasons: written with the restriction, sent later.
CREATE TABLE statement (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    puid TEXT COLLATE "C" NOT NULL UNIQUE,
    external_id TEXT COLLATE "C" NOT NULL,
    merchant TEXT COLLATE "C",
    notice_id TEXT COLLATE "C",
    number BIGINT,
    body TEXT COLLATE "C" NOT NULL,
    made_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    export TEXT COLLATE "C" NOT NULL CHECK (export IN ('waiting', 'sent', 'refused', 'outside')),
    exported_at TIMESTAMPTZ,
    problem TEXT COLLATE "C"
);
CREATE INDEX statement_merchant ON statement (merchant, id);
CREATE INDEX statement_export ON statement (export, id);

-- Appeals against decisions (DSA art. 20), of either side.
CREATE TABLE appeal (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    notice_id TEXT COLLATE "C" NOT NULL REFERENCES notice (id),
    number BIGINT NOT NULL,
    side TEXT COLLATE "C" NOT NULL CHECK (side IN ('merchant', 'notifier')),
    organisation_id TEXT COLLATE "C" NOT NULL,
    filed_by TEXT COLLATE "C" NOT NULL,
    words TEXT COLLATE "C" NOT NULL,
    filed_at TIMESTAMPTZ NOT NULL,
    due_at TIMESTAMPTZ NOT NULL,
    not_for TEXT COLLATE "C",
    live TEXT COLLATE "C" UNIQUE,
    outcome TEXT COLLATE "C" CHECK (outcome IN ('granted', 'refused')),
    answer TEXT COLLATE "C",
    decided_by TEXT COLLATE "C",
    decided_at TIMESTAMPTZ
);
CREATE INDEX appeal_notice ON appeal (notice_id, number);
CREATE INDEX appeal_open ON appeal (due_at) WHERE outcome IS NULL;
