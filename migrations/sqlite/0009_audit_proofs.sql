-- Hashes of complete subtrees of the audit log's Merkle tree: level n holds runs of 256^n
-- entries, numbered from 0. They can be worked out again from audit_entry at any time.
CREATE TABLE audit_subtree (
    level INTEGER NOT NULL,
    number INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

-- Signed statements of the log's size and root, as they were published.
CREATE TABLE audit_checkpoint (
    size INTEGER NOT NULL PRIMARY KEY,
    root TEXT NOT NULL,
    at TEXT NOT NULL,
    note TEXT NOT NULL
) STRICT;
