//! Many pieces of work, one commit.
//!
//! Work that arrives while a commit is under way waits in a queue and shares the next one, so the
//! cost of a durable commit is divided among all of it, and each caller is answered only when its
//! own commit is on the disk. There is no timer: a batch is what arrived during the last commit.

use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Most work in one commit. Larger batches gain little (the commit is a fraction of a millisecond
/// by then) and make the first caller wait longer.
const MAX_BATCH: usize = 256;
/// Work that may wait; more is refused at once, so that callers can back off.
const MAX_WAITING: usize = 4_096;

/// Why a piece of work was not committed.
#[derive(Debug)]
pub enum GroupFault {
    /// Too much work waits.
    Overloaded,
    /// The writer has ended.
    Stopped,
    /// The database refused.
    Store(StoreError),
}

/// Writes batches, each in one transaction.
pub trait Writer: Send + Sync + 'static {
    /// One piece of work.
    type Work: Send + Sync + 'static;
    /// What its caller is told.
    type Done: Send + 'static;
    /// Why a piece is refused.
    type Refusal: From<GroupFault> + Send + 'static;

    /// Writes a batch in one transaction, with one answer for each piece, in order. An error means
    /// that nothing of the batch was written.
    fn write(&self, batch: &[Self::Work]) -> impl Future<Output = Result<Vec<Answer<Self>>, StoreError>> + Send;
}

/// What the caller of a piece of work is told.
pub type Answer<W> = Result<<W as Writer>::Done, <W as Writer>::Refusal>;

struct Waiting<W: Writer> {
    work: W::Work,
    answer: oneshot::Sender<Answer<W>>,
}

/// Takes work; clones share one queue and one writer.
pub struct GroupCommit<W: Writer> {
    queue: mpsc::Sender<Waiting<W>>,
}

impl<W: Writer> Clone for GroupCommit<W> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<W: Writer> GroupCommit<W> {
    /// Starts the writer. It ends when the last clone is dropped, after answering everyone.
    /// `committed` is told after each commit how much work it took.
    pub fn start(writer: W, committed: impl Fn(usize) + Send + 'static) -> (Self, tokio::task::JoinHandle<()>) {
        let (queue, mut waiting) = mpsc::channel(MAX_WAITING);
        let running = tokio::spawn(async move {
            let mut batch = Vec::with_capacity(MAX_BATCH);
            while waiting.recv_many(&mut batch, MAX_BATCH).await > 0 {
                let (work, answers): (Vec<_>, Vec<_>) =
                    batch.drain(..).map(|waiting: Waiting<W>| (waiting.work, waiting.answer)).unzip();
                metrics::histogram!("assay_commit_batch_size").record(work.len() as f64);
                let taken = work.len();
                for (answer, outcome) in answers.into_iter().zip(write(&writer, work).await) {
                    // A caller that went away has nobody to tell; what was written stays.
                    let _ = answer.send(outcome);
                }
                committed(taken);
            }
        });
        (Self { queue }, running)
    }

    /// Has a piece of work written; returns when it is durable.
    pub async fn record(&self, work: W::Work) -> Result<W::Done, W::Refusal> {
        self.send(work)?.done().await
    }

    /// Puts a piece of work into the queue, behind what was put there before.
    pub fn send(&self, work: W::Work) -> Result<UnderWay<W>, W::Refusal> {
        let (answer, durable) = oneshot::channel();
        self.queue.try_send(Waiting { work, answer }).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => GroupFault::Overloaded,
            mpsc::error::TrySendError::Closed(_) => GroupFault::Stopped,
        })?;
        Ok(UnderWay { durable })
    }
}

/// Work in the queue.
pub struct UnderWay<W: Writer> {
    durable: oneshot::Receiver<Answer<W>>,
}

impl<W: Writer> UnderWay<W> {
    /// Waits until it is durable.
    pub async fn done(self) -> Result<W::Done, W::Refusal> {
        self.durable.await.unwrap_or_else(|_| Err(GroupFault::Stopped.into()))
    }
}

/// Writes a batch. When it fails as a whole, each piece is tried alone, so that one that the
/// database cannot take does not fail its neighbours; unless there is no database to try.
async fn write<W: Writer>(writer: &W, mut work: Vec<W::Work>) -> Vec<Answer<W>> {
    let first = match writer.write(&work).await {
        Ok(answers) => return answers,
        Err(error) => error,
    };
    let alone = work.len() == 1;
    if alone {
        return vec![Err(failed(first))];
    }
    let mut away = first.is_unreachable();
    let mut answers = Vec::with_capacity(work.len());
    for one in work.drain(..) {
        if away {
            answers.push(Err(GroupFault::Store(StoreError::Away).into()));
            continue;
        }
        answers.push(match writer.write(std::slice::from_ref(&one)).await {
            Ok(mut answers) => answers.pop().unwrap_or_else(|| Err(GroupFault::Stopped.into())),
            Err(error) => {
                away = error.is_unreachable();
                Err(failed(error))
            }
        });
    }
    answers
}

fn failed<R: From<GroupFault>>(error: StoreError) -> R {
    tracing::error!(error = &error as &dyn std::error::Error, "work could not be stored");
    GroupFault::Store(error).into()
}
