-- Where a shipment stands: its present version and the outcome in force.
CREATE TABLE shipment (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    external_id TEXT COLLATE "C" NOT NULL UNIQUE,
    merchant TEXT,
    destination TEXT,
    version BIGINT NOT NULL,
    digest TEXT NOT NULL,
    number BIGINT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('release', 'hold', 'refuse')),
    lane TEXT NOT NULL,
    progress TEXT NOT NULL CHECK (progress IN ('waiting', 'departed', 'delivered')),
    certificate TEXT,
    expires_at TIMESTAMPTZ,
    released_digest TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    position BIGINT NOT NULL
);
CREATE INDEX shipment_updated ON shipment (updated_at, id);
CREATE INDEX shipment_merchant ON shipment (merchant, progress);

-- What was declared, as it was sent; never changed.
CREATE TABLE shipment_version (
    shipment_id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    judged_on TEXT NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (shipment_id, version)
);

-- Every answer of the gate, its exact bytes; only a revocation is noted beside one later.
CREATE TABLE shipment_outcome (
    shipment_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    version BIGINT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    cause TEXT NOT NULL,
    actor TEXT NOT NULL,
    outcome TEXT NOT NULL,
    lane TEXT NOT NULL,
    rules_version TEXT NOT NULL,
    certificate TEXT,
    expires_at TIMESTAMPTZ,
    revoked_at TIMESTAMPTZ,
    revoked_because TEXT,
    answer TEXT NOT NULL,
    PRIMARY KEY (shipment_id, number)
);
CREATE INDEX shipment_outcome_revoked ON shipment_outcome (revoked_at) WHERE revoked_at IS NOT NULL;

-- What a shipment names, so that it is found when that turns bad: listings, brands, GTINs, batches.
CREATE TABLE shipment_reference (
    kind TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    shipment_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (kind, value, shipment_id)
);

-- Running sums over stored shipments: merchants, parcels of an order, prices, addresses, inspections.
CREATE TABLE shipment_sum (
    key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    body TEXT NOT NULL
);

-- Public keys that certificates are signed with. Secret keys are never in the database.
CREATE TABLE release_key (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    jwk TEXT NOT NULL,
    added_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ
);
