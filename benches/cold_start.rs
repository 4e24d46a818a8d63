//! From starting `assay serve` on a database with 100,000 marks to its first ready answer,
//! and the memory it then holds. `ASSAY_BENCH_MARKS` takes another number.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use assay::app::{AppOptions, Core};
use assay::registry::service::Change;

mod support;
use support::{goal, memory, setting, text};

const GOAL_SECONDS: f64 = 3.0;
const GOAL_MEBIBYTES: f64 = 400.0;

fn main() -> anyhow::Result<()> {
    if std::env::args().any(|argument| argument == "--list") {
        return Ok(());
    }
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let marks = setting("ASSAY_BENCH_MARKS", 100_000);
    let started = Instant::now();
    fill(directory.path(), marks)?;
    println!("{marks} marks imported in {:.1} s", started.elapsed().as_secs_f64());
    println!("{:<8} {:>10} {:>10} {:>12} {:>12}", "", "ready", "CPU", "resident", "peak");
    let (mut seconds, mut resident) = (Vec::new(), Vec::new());
    for round in 1..=setting("ASSAY_BENCH_ROUNDS", 5) {
        let started = Instant::now();
        let mut server = Server::start(directory.path())?;
        server.wait_until_ready(Duration::from_secs(120))?;
        let ready = started.elapsed().as_secs_f64();
        let process = server.0.id().to_string();
        let (now, peak) = (memory("VmRSS", &process), memory("VmHWM", &process));
        println!("round {round:<2} {ready:>8.2} s {:>8.2} s {now:>8.0} MiB {peak:>8.0} MiB", cpu_seconds(&process));
        seconds.push(ready);
        resident.push(now);
    }
    seconds.sort_by(f64::total_cmp);
    resident.sort_by(f64::total_cmp);
    goal("time to ready", seconds[seconds.len() / 2], " s", GOAL_SECONDS, true);
    goal("resident memory", resident[resident.len() / 2], " MiB", GOAL_MEBIBYTES, true);
    Ok(())
}

/// Writes the registry; the process that is measured starts on it afresh.
fn fill(directory: &Path, marks: usize) -> anyhow::Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let core = Core::open(&AppOptions::in_directory(directory)).await?;
        let brands = text::brands(marks).iter().map(|brand| assay::registry::model::Brand::clone(brand)).collect();
        core.registry.import(brands, Change { actor: "bench", cause: "bench" }, None).await?;
        core.db.close().await;
        Ok(())
    })
}

/// A running `assay serve`, ended with the value.
struct Server(Child, String);

impl Server {
    fn start(directory: &Path) -> anyhow::Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_assay"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
            .arg(directory)
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("is piped")).read_line(&mut line)?;
        let address = line.trim().rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Self(child, address))
    }

    fn wait_until_ready(&mut self, limit: Duration) -> anyhow::Result<()> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if self.is_ready().unwrap_or(false) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        anyhow::bail!("the server did not become ready")
    }

    fn is_ready(&self) -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(&self.1)?;
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer.starts_with("HTTP/1.1 200"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Processor time of a process so far; the kernel counts in hundredths of a second.
fn cpu_seconds(process: &str) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok()).unwrap_or(f64::NAN);
    (ticks(11) + ticks(12)) / 100.0
}
