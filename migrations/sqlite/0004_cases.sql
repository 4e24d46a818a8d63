-- Cases: what a person has to look at. `live` names what the case is about while it is open and
-- is null afterwards, so that one thing has one open case.
CREATE TABLE review_case (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    live TEXT UNIQUE,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'escalated', 'snoozed', 'proposed', 'decided', 'closed')),
    queue TEXT NOT NULL,
    rank INTEGER NOT NULL,
    rerank_at TEXT,
    facts TEXT NOT NULL,
    listing_id TEXT,
    merchant TEXT,
    due_at TEXT,
    times INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    opened_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    not_for TEXT,
    holder TEXT,
    lease_until TEXT,
    snoozed_until TEXT,
    decision_id TEXT,
    version INTEGER NOT NULL
) STRICT;
CREATE INDEX review_case_next ON review_case (queue, rank DESC, id) WHERE state IN ('waiting', 'escalated', 'proposed');
CREATE INDEX review_case_listing ON review_case (listing_id, id);
CREATE INDEX review_case_merchant ON review_case (merchant, id);
CREATE INDEX review_case_holder ON review_case (holder, lease_until) WHERE holder IS NOT NULL;
CREATE INDEX review_case_rerank ON review_case (rerank_at) WHERE rerank_at IS NOT NULL;
CREATE INDEX review_case_snoozed ON review_case (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX review_case_due ON review_case (due_at) WHERE live IS NOT NULL AND due_at IS NOT NULL;

-- Everything that ever happened to a case; never changed, never deleted.
CREATE TABLE review_event (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX review_event_case ON review_event (case_id, id);

-- Whom a case is not offered to for a while, and why.
CREATE TABLE review_skip (
    case_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    until_at TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (case_id, actor)
) STRICT, WITHOUT ROWID;

-- Who looks at a case now.
CREATE TABLE review_viewer (
    case_id TEXT NOT NULL,
    actor TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (case_id, actor)
) STRICT, WITHOUT ROWID;

-- What people decided.
CREATE TABLE decision (
    id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT,
    bulk_id TEXT,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    action TEXT NOT NULL,
    scope TEXT NOT NULL,
    findings TEXT NOT NULL,
    message TEXT NOT NULL,
    note TEXT NOT NULL,
    rule TEXT,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'held', 'in_force', 'taken_back', 'refused', 'reversed', 'ended')),
    actor TEXT NOT NULL,
    seconded_by TEXT,
    at TEXT NOT NULL,
    settles_at TEXT,
    ends_at TEXT,
    undone_at TEXT,
    undone_by TEXT,
    undone_because TEXT
) STRICT;
CREATE INDEX decision_case ON decision (case_id, id);
CREATE INDEX decision_bulk ON decision (bulk_id, id);
CREATE INDEX decision_settles ON decision (settles_at) WHERE state = 'held';
CREATE INDEX decision_ends ON decision (ends_at) WHERE state = 'in_force' AND ends_at IS NOT NULL;
CREATE INDEX decision_actor ON decision (actor, at);

-- What a decision changed, and what was there before: enough to reverse it.
CREATE TABLE decision_effect (
    decision_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    former TEXT,
    given TEXT NOT NULL,
    reversed_at TEXT,
    PRIMARY KEY (decision_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_effect_subject ON decision_effect (kind, subject);

-- What people's decisions hold in force about a listing, a picture or a merchant.
CREATE TABLE standing (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    decision_id TEXT NOT NULL,
    ruling TEXT NOT NULL,
    digest TEXT,
    markets TEXT NOT NULL,
    since TEXT NOT NULL,
    until_at TEXT,
    PRIMARY KEY (kind, subject)
) STRICT, WITHOUT ROWID;

-- One decision for many listings.
CREATE TABLE bulk (
    id TEXT NOT NULL PRIMARY KEY,
    job_id TEXT,
    selection TEXT NOT NULL,
    ruling TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'queued', 'running', 'done', 'cancelled', 'failed', 'undoing', 'undone')),
    cap INTEGER NOT NULL,
    done INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    actor TEXT NOT NULL,
    seconded_by TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
CREATE TABLE bulk_item (
    bulk_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    listing_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'undone')),
    decision_id TEXT,
    problem TEXT,
    PRIMARY KEY (bulk_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_item_state ON bulk_item (bulk_id, state, number);

-- Second looks: a sample of decisions, judged again by someone who does not see the first one,
-- and cases whose right answer is known.
CREATE TABLE quality_check (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('blind', 'golden')),
    case_id TEXT NOT NULL UNIQUE,
    decision_id TEXT,
    rule TEXT,
    first_actor TEXT NOT NULL,
    first_answer TEXT NOT NULL,
    second_actor TEXT,
    second_answer TEXT,
    at TEXT NOT NULL,
    answered_at TEXT
) STRICT;
CREATE INDEX quality_check_answered ON quality_check (answered_at);

-- What the running build last did with its own data, such as the queues it sorted cases into.
CREATE TABLE review_setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
