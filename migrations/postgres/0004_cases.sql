-- Cases: what a person has to look at. `live` names what the case is about while it is open and
-- is null afterwards, so that one thing has one open case.
CREATE TABLE review_case (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    live TEXT COLLATE "C" UNIQUE,
    title TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'escalated', 'snoozed', 'proposed', 'decided', 'closed')),
    queue TEXT COLLATE "C" NOT NULL,
    rank BIGINT NOT NULL,
    rerank_at TIMESTAMPTZ,
    facts TEXT NOT NULL,
    listing_id TEXT COLLATE "C",
    merchant TEXT COLLATE "C",
    due_at TIMESTAMPTZ,
    times BIGINT NOT NULL,
    opened_at TIMESTAMPTZ NOT NULL,
    opened_by TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    not_for TEXT COLLATE "C",
    holder TEXT COLLATE "C",
    lease_until TIMESTAMPTZ,
    snoozed_until TIMESTAMPTZ,
    decision_id TEXT COLLATE "C",
    version BIGINT NOT NULL
);
CREATE INDEX review_case_next ON review_case (queue, rank DESC, id) WHERE state IN ('waiting', 'escalated', 'proposed');
CREATE INDEX review_case_listing ON review_case (listing_id, id);
CREATE INDEX review_case_merchant ON review_case (merchant, id);
CREATE INDEX review_case_holder ON review_case (holder, lease_until) WHERE holder IS NOT NULL;
CREATE INDEX review_case_rerank ON review_case (rerank_at) WHERE rerank_at IS NOT NULL;
CREATE INDEX review_case_snoozed ON review_case (snoozed_until) WHERE snoozed_until IS NOT NULL;
CREATE INDEX review_case_due ON review_case (due_at) WHERE live IS NOT NULL AND due_at IS NOT NULL;

-- Everything that ever happened to a case; never changed, never deleted.
CREATE TABLE review_event (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    case_id TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX review_event_case ON review_event (case_id, id);

-- Whom a case is not offered to for a while, and why.
CREATE TABLE review_skip (
    case_id TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    until_at TIMESTAMPTZ NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (case_id, actor)
);

-- Who looks at a case now.
CREATE TABLE review_viewer (
    case_id TEXT COLLATE "C" NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (case_id, actor)
);

-- What people decided.
CREATE TABLE decision (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    case_id TEXT COLLATE "C",
    bulk_id TEXT COLLATE "C",
    kind TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    action TEXT NOT NULL,
    scope TEXT NOT NULL,
    findings TEXT NOT NULL,
    message TEXT NOT NULL,
    note TEXT NOT NULL,
    rule TEXT,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'held', 'in_force', 'taken_back', 'refused', 'reversed', 'ended')),
    actor TEXT COLLATE "C" NOT NULL,
    seconded_by TEXT,
    at TIMESTAMPTZ NOT NULL,
    settles_at TIMESTAMPTZ,
    ends_at TIMESTAMPTZ,
    undone_at TIMESTAMPTZ,
    undone_by TEXT,
    undone_because TEXT
);
CREATE INDEX decision_case ON decision (case_id, id);
CREATE INDEX decision_bulk ON decision (bulk_id, id);
CREATE INDEX decision_settles ON decision (settles_at) WHERE state = 'held';
CREATE INDEX decision_ends ON decision (ends_at) WHERE state = 'in_force' AND ends_at IS NOT NULL;
CREATE INDEX decision_actor ON decision (actor, at);

-- What a decision changed, and what was there before: enough to reverse it.
CREATE TABLE decision_effect (
    decision_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    former TEXT,
    given TEXT NOT NULL,
    reversed_at TIMESTAMPTZ,
    PRIMARY KEY (decision_id, number)
);
CREATE INDEX decision_effect_subject ON decision_effect (kind, subject);

-- What people's decisions hold in force about a listing, a picture or a merchant.
CREATE TABLE standing (
    kind TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    decision_id TEXT COLLATE "C" NOT NULL,
    ruling TEXT NOT NULL,
    digest TEXT,
    markets TEXT NOT NULL,
    since TIMESTAMPTZ NOT NULL,
    until_at TIMESTAMPTZ,
    PRIMARY KEY (kind, subject)
);

-- One decision for many listings.
CREATE TABLE bulk (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    job_id TEXT COLLATE "C",
    selection TEXT NOT NULL,
    ruling TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'queued', 'running', 'done', 'cancelled', 'failed', 'undoing', 'undone')),
    cap BIGINT NOT NULL,
    done BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    seconded_by TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
CREATE TABLE bulk_item (
    bulk_id TEXT COLLATE "C" NOT NULL,
    number BIGINT NOT NULL,
    listing_id TEXT COLLATE "C" NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'failed', 'undone')),
    decision_id TEXT COLLATE "C",
    problem TEXT,
    PRIMARY KEY (bulk_id, number)
);
CREATE INDEX bulk_item_state ON bulk_item (bulk_id, state, number);

-- Second looks: a sample of decisions, judged again by someone who does not see the first one,
-- and cases whose right answer is known.
CREATE TABLE quality_check (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('blind', 'golden')),
    case_id TEXT COLLATE "C" NOT NULL UNIQUE,
    decision_id TEXT COLLATE "C",
    rule TEXT,
    first_actor TEXT NOT NULL,
    first_answer TEXT NOT NULL,
    second_actor TEXT,
    second_answer TEXT,
    at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ
);
CREATE INDEX quality_check_answered ON quality_check (answered_at);

-- What the running build last did with its own data, such as the queues it sorted cases into.
CREATE TABLE review_setting (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
