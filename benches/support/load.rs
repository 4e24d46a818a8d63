//! A small HTTP/1.1 load generator: keep-alive connections on one thread, requests
//! prepared in advance, so that little of the machine goes into asking.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Digits of the number that makes each request another listing.
const DIGITS: usize = 12;

/// A request with a place for its number.
pub struct Template {
    bytes: Vec<u8>,
    place: usize,
}

impl Template {
    /// A POST of `body` to `path`; `body` holds `before` once, and the number follows it.
    pub fn post(path: &str, headers: &str, body: &str, before: &str) -> Self {
        let cut = body.find(before).expect("the body names its place") + before.len();
        let length = body.len() + DIGITS;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}Content-Length: {length}\r\n\r\n"
        );
        let place = head.len() + cut;
        let bytes = format!("{head}{}{:0DIGITS$}{}", &body[..cut], 0, &body[cut..]).into_bytes();
        Self { bytes, place }
    }

    fn fill(&self, number: u64, request: &mut Vec<u8>) {
        request.clear();
        request.extend_from_slice(&self.bytes);
        let mut rest = number;
        for digit in request[self.place..self.place + DIGITS].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
    }
}

/// What is asked of whom.
#[derive(Clone)]
pub struct Target {
    /// The server.
    pub address: SocketAddr,
    /// Requests, taken in turn.
    pub templates: Arc<Vec<Template>>,
    /// The number of the next request; shared, so that no listing is sent twice.
    pub numbers: Arc<AtomicU64>,
}

/// How fast to ask.
#[derive(Clone, Copy)]
pub enum Pace {
    /// Each connection asks again when it is answered.
    Full,
    /// So many requests a second over all connections, whether or not answers keep up.
    PerSecond(f64),
}

/// What came of it.
pub struct Report {
    /// Requests answered with 200 or 201.
    pub answered: usize,
    /// Other answers.
    pub refused: usize,
    /// How long it took.
    pub seconds: f64,
    /// Milliseconds from the moment each request was due to its answer, sorted.
    pub millis: Vec<f64>,
}

impl Report {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.seconds
    }

    /// The answer time that `share` of all requests stay within.
    pub fn quantile(&self, share: f64) -> f64 {
        let last = self.millis.len().saturating_sub(1);
        self.millis.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
    }
}

/// Asks from `connections` connections for `time`.
pub fn run(target: &Target, connections: usize, pace: Pace, time: Duration) -> Report {
    let target = target.clone();
    let thread = std::thread::Builder::new().name("load".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        runtime.block_on(ask_all(&target, connections, pace, time))
    });
    thread.expect("a thread starts").join().expect("the load generator does not panic")
}

async fn ask_all(target: &Target, connections: usize, pace: Pace, time: Duration) -> Report {
    let start = Instant::now();
    let tickets = Arc::new(AtomicU64::new(0));
    let asking: Vec<_> = (0..connections)
        .map(|_| tokio::task::spawn(ask(target.clone(), pace, start, time, Arc::clone(&tickets))))
        .collect();
    let mut report = Report { answered: 0, refused: 0, seconds: 0.0, millis: Vec::new() };
    for asked in asking {
        let (millis, refused) = asked.await.expect("a connection does not panic");
        report.answered += millis.len();
        report.refused += refused;
        report.millis.extend(millis);
    }
    report.seconds = start.elapsed().as_secs_f64();
    report.millis.sort_by(f64::total_cmp);
    report
}

async fn ask(target: Target, pace: Pace, start: Instant, time: Duration, tickets: Arc<AtomicU64>) -> (Vec<f64>, usize) {
    let mut stream = TcpStream::connect(target.address).await.expect("the server listens");
    stream.set_nodelay(true).expect("is a TCP socket");
    let (mut millis, mut refused) = (Vec::new(), 0);
    let (mut request, mut answer) = (Vec::new(), Vec::with_capacity(64 * 1024));
    loop {
        let due = match pace {
            Pace::Full => Instant::now(),
            Pace::PerSecond(rate) => {
                let ticket = tickets.fetch_add(1, Ordering::Relaxed);
                let due = start + Duration::from_secs_f64(ticket as f64 / rate);
                tokio::time::sleep_until(due.into()).await;
                due
            }
        };
        if due.duration_since(start) >= time {
            return (millis, refused);
        }
        let number = target.numbers.fetch_add(1, Ordering::Relaxed);
        target.templates[number as usize % target.templates.len()].fill(number, &mut request);
        stream.write_all(&request).await.expect("the server reads");
        let status = read_answer(&mut stream, &mut answer).await;
        if matches!(status, 200 | 201) {
            millis.push(due.elapsed().as_secs_f64() * 1e3);
        } else {
            if refused == 0 {
                eprintln!("answered {status}: {}", String::from_utf8_lossy(&answer[..answer.len().min(600)]));
            }
            refused += 1;
        }
    }
}

/// Reads one answer and tells its status.
async fn read_answer(stream: &mut TcpStream, answer: &mut Vec<u8>) -> u16 {
    answer.clear();
    loop {
        let read = stream.read_buf(answer).await.expect("the server answers");
        assert!(read > 0, "the server closed the connection");
        let Some(head) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else {
            continue;
        };
        let text = std::str::from_utf8(&answer[..head]).expect("a head is ASCII").to_ascii_lowercase();
        let status = text.get(9..12).and_then(|digits| digits.parse().ok()).expect("a status line");
        let length = text.split("content-length:").nth(1).and_then(|rest| rest.lines().next()?.trim().parse().ok());
        let end = head + 4 + length.unwrap_or(0_usize);
        while answer.len() < end {
            assert!(stream.read_buf(answer).await.expect("the server answers") > 0, "the answer is whole");
        }
        return status;
    }
}

/// Processor time of this process by name of thread, in microseconds.
pub fn time_by_thread() -> BTreeMap<String, f64> {
    let mut times = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let nanos = read("schedstat").split(' ').next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
        let name =
            read("comm").trim().trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '-').to_owned();
        *times.entry(name).or_insert(0.0) += nanos / 1e3;
    }
    times
}
