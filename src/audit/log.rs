//! Signed checkpoints of the log, and proofs for those who do not trust its keeper.
//!
//! Proofs need hashes of subtrees. Working them out at each append would cost every submission;
//! instead each checkpoint keeps, once, the subtrees of 256, 65,536 … entries that were completed
//! since the last one: one row per 256 entries. A proof then reads at most 255 hashes at each of
//! log256(n) levels twice, in at most 2·log2(n) range reads: 40 for a million entries.
//!
//! What is kept is derived and never trusted: a root that does not come out as the journal's head
//! has it makes it all be worked out anew, and only then is the log said not to hold. Every proof
//! is checked before it is handed out.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::checkpoint::{self, CheckError};
use super::journal::Head;
use super::note::{NoteError, NoteKey, NoteVerifier};
use super::proof::{self, ProofError, Subtree, Tree};
use super::store::{self, Published};
use crate::kernel::{Clock, Digest};
use crate::keys::{self, KeyFileError};
use crate::store::{Db, StoreError};

/// Logarithm of the number of parts that a kept subtree has.
const STEP: u32 = 8;
/// Levels of kept subtrees: 256^8 entries are more than there can be.
const LEVELS: u32 = 8;
/// Subtrees that are worked out and kept in one transaction.
const AT_ONCE: u64 = 64;

/// Witnesses that are answered at the same time; others wait.
const WITNESSES_AT_ONCE: usize = 2;

/// Why a checkpoint or proof could not be made.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such proof.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// The stored log contradicts itself.
    #[error("the stored entries do not give the root of the log; run assay audit verify to find the first bad one")]
    DoesNotHold,
    /// Nothing was published yet.
    #[error("no checkpoint was published yet")]
    NonePublished,
    /// The key's file.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The key in the file.
    #[error("the log's key {path} is unreadable; restore it from a backup")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: NoteError,
    },
    /// The log has another name already.
    #[error("the log is named \"{0}\" already; its name cannot be changed, for verifiers know it by it")]
    Named(String),
    /// Not a name.
    #[error(transparent)]
    Name(NoteError),
}

/// The file of the log's key in a data directory.
fn key_file(data: &Path) -> PathBuf {
    data.join("keys").join("audit-log.key")
}

/// Reads the log's key, or makes it at the first use, named `name` or after itself.
///
/// Fails when the file cannot be read or made, and when the log has another name already.
pub fn open_key(data: &Path, name: Option<&str>) -> Result<NoteKey, LogError> {
    let path = key_file(data);
    if let Some(name) = name {
        NoteKey::new(name, &[0; 32]).map_err(LogError::Name)?;
    }
    let text = keys::read_or_make(&path, |secret| {
        let named = name.and_then(|name| NoteKey::new(name, secret).ok());
        named.unwrap_or_else(|| NoteKey::unnamed(secret)).to_secret_text()
    })?;
    let key = NoteKey::from_secret_text(&text).map_err(|source| LogError::Key { path, source })?;
    match name {
        Some(name) if name != key.name() => Err(LogError::Named(key.name().to_owned())),
        _ => Ok(key),
    }
}

/// States the log's size and root, and proves what stands in it.
#[derive(Clone)]
pub struct AuditLog {
    db: Db,
    key: Arc<NoteKey>,
    clock: Arc<dyn Clock>,
    turns: Arc<Semaphore>,
}

impl AuditLog {
    /// The log in `db`, stated with `key`.
    pub fn new(db: Db, key: NoteKey, clock: Arc<dyn Clock>) -> Self {
        Self { db, key: Arc::new(key), clock, turns: Arc::new(Semaphore::new(WITNESSES_AT_ONCE)) }
    }

    /// The key that checks what this log states.
    pub fn verifier(&self) -> NoteVerifier {
        self.key.verifier()
    }

    /// The last checkpoint that was published.
    pub async fn latest(&self) -> Result<Published, LogError> {
        store::latest(&self.db).await?.ok_or(LogError::NonePublished)
    }

    /// Publishes a checkpoint of the log as it is; the last one when nothing was appended since.
    pub async fn publish(&self) -> Result<Published, LogError> {
        let head = Head::read(&self.db).await?;
        let tree = Tree { size: head.frontier.leaves(), root: head.frontier.root() };
        if let Some(last) = store::latest(&self.db).await?.filter(|last| last.tree == tree) {
            return Ok(last);
        }
        self.ensure(tree).await?;
        let made = Published { tree, note: checkpoint::sign(&self.key, tree) };
        let mut tx = self.db.begin().await?;
        store::publish(&mut tx, &made, self.clock.now()).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Makes sure that the stored hashes give the tree's root; works them out anew if they do not.
    async fn ensure(&self, tree: Tree) -> Result<(), LogError> {
        if self.gives(tree).await? {
            return Ok(());
        }
        tracing::warn!("the kept hashes of the audit log do not give its root; they are worked out anew");
        let mut tx = self.db.begin().await?;
        store::forget(&mut tx).await?;
        tx.commit().await?;
        if self.gives(tree).await? { Ok(()) } else { Err(LogError::DoesNotHold) }
    }

    /// Whether the stored hashes, completed where they lack, give the tree's root.
    async fn gives(&self, tree: Tree) -> Result<bool, LogError> {
        match self.complete(tree.size).await {
            Err(LogError::DoesNotHold) => return Ok(false),
            completed => completed?,
        }
        Ok(self.run_hash(0..tree.size).await.is_ok_and(|root| root == tree.root))
    }

    /// Works out and keeps the subtrees that a log of `size` entries completes.
    async fn complete(&self, size: u64) -> Result<(), LogError> {
        for level in 1..LEVELS {
            let needed = size >> (STEP * level);
            if needed == 0 {
                break;
            }
            let mut done = store::kept(&self.db, level).await?;
            while done < needed {
                let upto = needed.min(done + AT_ONCE);
                let parts = store::hashes(&self.db, level - 1, done << STEP..upto << STEP).await?;
                let roots: Option<Vec<Digest>> = parts.chunks(1 << STEP).map(proof::join_equal).collect();
                let roots = roots.filter(|roots| roots.len() as u64 == upto - done).ok_or(LogError::DoesNotHold)?;
                let mut tx = self.db.begin().await?;
                store::keep(&mut tx, level, done, roots).await?;
                tx.commit().await?;
                done = upto;
            }
        }
        Ok(())
    }

    /// The hash over a run of leaves that a proof names.
    async fn run_hash(&self, run: Range<u64>) -> Result<Digest, LogError> {
        let mut parts = Vec::new();
        for Subtree { level, number } in proof::subtrees(run) {
            let (kept_level, above) = (level / STEP, level % STEP);
            let numbers = number << above..(number + 1) << above;
            let below = store::hashes(&self.db, kept_level, numbers).await?;
            let whole = Some(below).filter(|below| below.len() == 1 << above);
            parts.push(whole.and_then(|below| proof::join_equal(&below)).ok_or(LogError::DoesNotHold)?);
        }
        Ok(proof::join(&parts))
    }

    async fn path(&self, runs: Vec<Range<u64>>) -> Result<Vec<Digest>, LogError> {
        let mut path = Vec::with_capacity(runs.len());
        for run in runs {
            path.push(self.run_hash(run).await?);
        }
        Ok(path)
    }

    /// The proof that entry `number` (from 1) stands in the log, as a file to keep; `None` when
    /// there is no such entry. Publishes a checkpoint when the last one does not hold the entry.
    pub async fn prove(&self, number: i64) -> Result<Option<String>, LogError> {
        let Some(entry) = store::entry(&self.db, number).await? else { return Ok(None) };
        let index = number as u64 - 1;
        let last = store::latest(&self.db).await?;
        let published = match last.filter(|last| index < last.tree.size) {
            Some(last) => last,
            None => self.publish().await?,
        };
        let proved = match self.entry_proof(&entry, index, &published).await {
            Err(LogError::DoesNotHold) => {
                self.ensure(published.tree).await?;
                self.entry_proof(&entry, index, &published).await?
            }
            proved => proved?,
        };
        Ok(Some(proved))
    }

    async fn entry_proof(&self, entry: &str, index: u64, published: &Published) -> Result<String, LogError> {
        let path = self.path(proof::inclusion(index, published.tree.size)?).await?;
        let text = checkpoint::write_entry_proof(entry.as_bytes(), index, &path, &published.note);
        checkpoint::check_entry_proof(&text, &self.verifier()).map_err(does_not_hold)?;
        Ok(text)
    }

    /// What a witness that knows the first `old` entries needs to see that the log only grew: the
    /// last checkpoint and the proof between both.
    ///
    /// Anyone may ask for it, so few are worked out at a time.
    pub async fn for_witness(&self, old: u64) -> Result<String, LogError> {
        let _turn = self.turns.acquire().await;
        let last = self.latest().await?;
        match self.witness_text(old, &last).await {
            Err(LogError::DoesNotHold) => {
                self.ensure(last.tree).await?;
                self.witness_text(old, &last).await
            }
            text => text,
        }
    }

    async fn witness_text(&self, old: u64, last: &Published) -> Result<String, LogError> {
        let path = self.path(proof::consistency(old, last.tree.size)?).await?;
        let known = Tree { size: old, root: self.run_hash(0..old).await? };
        let text = checkpoint::write_for_witness(old, &path, &last.note);
        checkpoint::check_for_witness(&text, known, &self.verifier()).map_err(does_not_hold)?;
        Ok(text)
    }
}

fn does_not_hold(error: CheckError) -> LogError {
    tracing::error!(error = &error as &dyn std::error::Error, "a proof of the audit log does not hold");
    LogError::DoesNotHold
}
