//! Progress on standard error: a bar on a terminal, a line every few seconds otherwise.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Pause between two lines where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// Tells how far a long piece of work is.
pub struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    started: Instant,
    last_line: Instant,
}

impl Progress {
    /// Progress of `what` ("listings"); `total` is what there is to do, where it is known.
    pub fn new(what: &'static str, total: Option<u64>) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
            let template = match total {
                Some(_) => "{bar:40} {percent:>3}% {msg} {elapsed} ({eta} left)",
                None => "{spinner} {msg} {elapsed}",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        Self { bar, what, started: now, last_line: now }
    }

    /// `done` things are done; `place` is where on the way to the total that is.
    pub fn at(&mut self, done: u64, place: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(place);
            bar.set_message(format!("{done} {}", self.what));
            return;
        }
        if self.last_line.elapsed() >= LINE_EVERY {
            let now = Instant::now();
            self.last_line = now;
            eprintln!("{done} {} after {} s", self.what, self.started.elapsed().as_secs());
        }
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Seconds since the start.
    pub fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}
