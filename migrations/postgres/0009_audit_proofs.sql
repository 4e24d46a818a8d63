-- Hashes of complete subtrees of the audit log's Merkle tree: level n holds runs of 256^n
-- entries, numbered from 0. They can be worked out again from audit_entry at any time.
CREATE TABLE audit_subtree (
    level BIGINT NOT NULL,
    number BIGINT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (level, number)
);

-- Signed statements of the log's size and root, as they were published.
CREATE TABLE audit_checkpoint (
    size BIGINT NOT NULL PRIMARY KEY,
    root TEXT NOT NULL,
    at TIMESTAMPTZ NOT NULL,
    note TEXT NOT NULL
);
