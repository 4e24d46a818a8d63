//! A browser that a test presses keys in: Chromium, spoken to over its debugging pipe
//! (Chrome DevTools Protocol, messages ended by a zero byte).

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

/// A running browser with one page; it ends when it is dropped.
pub struct Browser {
    child: Child,
    to: File,
    from: BufReader<File>,
    session: String,
    number: u64,
    _home: tempfile::TempDir,
}

impl Browser {
    /// Starts it with an empty page.
    pub fn start() -> Self {
        let program = std::env::var("ASSAY_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
        let home = tempfile::tempdir().expect("a directory for the browser");
        let path = |name: &str| home.path().join(name).display().to_string();
        let (to, from) = (path("to"), path("from"));
        let made = Command::new("mkfifo").args([&to, &from]).status().expect("mkfifo runs");
        assert!(made.success(), "two pipes are made");
        // The browser reads its orders from descriptor 3 and answers on 4.
        let script = r#"exec "$1" --headless --no-sandbox --disable-gpu --no-first-run --disable-dev-shm-usage \
            --disable-background-networking --disable-component-update --disable-sync --disable-quic \
            --remote-debugging-pipe --user-data-dir="$2" about:blank 3<"$3" 4>"$4""#;
        let child = Command::new("sh")
            .args(["-c", script, "sh", &program, &path("profile"), &to, &from])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} does not start ({error}); run scripts/test, which installs it"));
        let to = OpenOptions::new().write(true).open(to).expect("the browser reads");
        let from = BufReader::new(File::open(from).expect("the browser answers"));
        let mut browser = Self { child, to, from, session: String::new(), number: 0, _home: home };
        let page = browser.ask("Target.createTarget", json!({"url": "about:blank"}));
        let attached = json!({"targetId": page["targetId"], "flatten": true});
        browser.session =
            browser.ask("Target.attachToTarget", attached)["sessionId"].as_str().expect("a session").to_owned();
        browser
    }

    /// Sends one order and waits for its answer; null when the browser refuses it.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let mut order = json!({"id": self.number, "method": method, "params": params});
        if !self.session.is_empty() {
            order["sessionId"] = json!(self.session);
        }
        self.to.write_all(order.to_string().as_bytes()).expect("the browser lives");
        self.to.write_all(&[0]).expect("the browser lives");
        loop {
            let mut bytes = Vec::new();
            self.from.read_until(0, &mut bytes).expect("the browser lives");
            bytes.pop();
            let message: Value = serde_json::from_slice(&bytes).expect("the browser ended without an answer");
            if message["id"] == self.number {
                return message["result"].clone();
            }
        }
    }

    /// Opens an address.
    pub fn open(&mut self, address: &str) {
        self.ask("Page.navigate", json!({"url": address}));
        self.wait_for("document.readyState === 'complete' && location.href !== 'about:blank'");
    }

    /// What an expression of the page's script comes to.
    pub fn look(&mut self, expression: &str) -> Value {
        let asked = json!({"expression": expression, "returnByValue": true});
        self.ask("Runtime.evaluate", asked)["result"]["value"].clone()
    }

    /// Waits until an expression is true; fails the test after half a minute.
    pub fn wait_for(&mut self, expression: &str) {
        for _ in 0..600 {
            if self.look(expression) == true {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("waited half a minute in vain for {expression}:\n{}", self.look("document.documentElement.outerHTML"));
    }

    /// Presses a key and lets it go.
    pub fn press(&mut self, key: &str) {
        let text = if key == "Enter" { "\r" } else { key };
        let down = json!({"type": "keyDown", "key": key, "text": text, "windowsVirtualKeyCode": code(key)});
        self.ask("Input.dispatchKeyEvent", down);
        self.ask("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key, "windowsVirtualKeyCode": code(key)}));
    }
}

/// The code that scripts and forms know a key by.
fn code(key: &str) -> u32 {
    match key {
        "Enter" => 13,
        other => u32::from(other.as_bytes()[0].to_ascii_uppercase()),
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
