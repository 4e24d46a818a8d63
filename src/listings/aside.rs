//! A thread of low priority for what may wait: the listing index.
//!
//! Indexing a listing costs more processor time than judging it. On the runtime's own
//! threads it would stand in the way of answers whenever the machine is busy; the system's
//! scheduler, told which thread may wait, keeps both apart better than any pause of ours.

use std::sync::mpsc;

use tokio::sync::oneshot;

/// How far the thread stands back (the `nice` value of POSIX, 0 to 19): at 10 it gets about a
/// tenth of a contested processor, and all of an idle one.
#[cfg(target_os = "linux")]
const STANDS_BACK: i32 = 10;

type Work = Box<dyn FnOnce() + Send>;

/// The work was not done: it panicked, or the thread is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the work aside was interrupted")]
pub struct Interrupted;

/// Hands work to the thread; clones share it. It ends with the last of them.
#[derive(Clone)]
pub struct Aside {
    queue: mpsc::Sender<Work>,
}

impl Aside {
    /// Starts the thread. Threads that the work starts are of low priority too.
    ///
    /// Fails when the system gives no thread.
    pub fn start(name: &str) -> std::io::Result<Self> {
        let (queue, waiting) = mpsc::channel::<Work>();
        std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            stand_back();
            for work in waiting {
                // What panics ends its own work only; its caller is told.
                let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
            }
        })?;
        Ok(Self { queue })
    }

    /// Does `work` on the thread, after what was handed over before.
    ///
    /// # Errors
    /// When the work panicked.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Interrupted> {
        let (answer, done) = oneshot::channel();
        let work = move || {
            // A caller that went away does not need the answer.
            let _ = answer.send(work());
        };
        self.queue.send(Box::new(work)).map_err(|_| Interrupted)?;
        done.await.map_err(|_| Interrupted)
    }
}

/// Lowers the priority of the calling thread; threads it starts inherit it.
#[cfg(target_os = "linux")]
fn stand_back() {
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), STANDS_BACK) {
        tracing::debug!(error = &error as &dyn std::error::Error, "the index works at full priority");
    }
}

/// Elsewhere a priority belongs to the whole process.
#[cfg(not(target_os = "linux"))]
fn stand_back() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_in_order_and_a_panic_ends_only_its_own() {
        let aside = Aside::start("test-aside").unwrap();
        assert_eq!(aside.run(|| 1).await, Ok(1));
        let failed: Result<(), Interrupted> = aside.run(|| panic!("planted")).await;
        assert_eq!(failed, Err(Interrupted));
        assert_eq!(aside.clone().run(|| 2).await, Ok(2));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_thread_and_those_it_starts_stand_back_and_others_do_not() {
        let priority = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let aside = Aside::start("test-aside").unwrap();
        let ours = priority();
        let expected = STANDS_BACK.max(ours);
        assert_eq!(aside.run(priority).await, Ok(expected));
        assert_eq!(aside.run(move || std::thread::spawn(priority).join().unwrap()).await, Ok(expected));
        assert_eq!(priority(), ours);
    }
}
