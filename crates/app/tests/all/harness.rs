//! Starting the binary, talking to it, killing it.

use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};

/// The binary under test.
pub(crate) const ZHIZHEN: &str = env!("CARGO_BIN_EXE_zhizhen");

/// Runs a command to its end.
pub(crate) fn zhizhen(args: &[&str]) -> Output {
    zhizhen_with(args, "")
}

/// Runs a command to its end with something on its standard input.
pub(crate) fn zhizhen_with(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(ZHIZHEN)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that ends without reading closes the pipe; that is its right.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    child.wait_with_output().unwrap()
}

/// What a command printed.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command complained of.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Where a server listens for the town, at every start.
pub(crate) struct Ports {
    pub(crate) http: u16,
    pub(crate) sl651: u16,
    hj212: u16,
    mqtt: u16,
    sl427: u16,
}

impl Ports {
    pub(crate) fn free() -> Self {
        let [http, sl651, hj212, mqtt, sl427] = std::array::from_fn(|_| free_port());
        Self { http, sl651, hj212, mqtt, sl427 }
    }

    /// What the configuration says of them, beside the two that are arguments.
    pub(crate) fn config(&self) -> String {
        let of = |name: &str, port: u16| format!("[{name}]\ntcp = \"127.0.0.1:{port}\"\n");
        of("hj212", self.hj212) + &of("mqtt", self.mqtt) + &of("sl427", self.sl427)
    }

    /// The line that the town reads.
    fn line(&self) -> String {
        let at = |port: u16| format!("127.0.0.1:{port}");
        serde_json::json!({
            "http": format!("http://{}", at(self.http)), "sl651": at(self.sl651), "hj212": at(self.hj212),
            "mqtt": at(self.mqtt), "sl427": at(self.sl427),
        })
        .to_string()
    }
}

/// A running process of the binary that said a first line; killed when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) input: Option<ChildStdin>,
    /// Its first line on standard output.
    pub(crate) said: String,
}

impl Running {
    /// Starts it and waits for its first line. `None` when it ended without one.
    pub(crate) fn start(args: &[&str]) -> Option<Self> {
        let mut child = Command::new(ZHIZHEN)
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        if said.is_empty() {
            child.wait().unwrap();
            return None;
        }
        Some(Self { child, input, said })
    }

    /// Writes one line to its standard input.
    pub(crate) fn tell(&mut self, line: &str) {
        self.input.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// SIGKILL: no warning, no last word.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and its exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A simulated town in a process of its own that outlives the server.
pub(crate) struct City {
    process: Running,
    /// The line that `zhizhen demo --attach` takes.
    pub(crate) addresses: String,
    control: SocketAddr,
}

impl City {
    pub(crate) fn start(seed: u64, ports: &Ports) -> Self {
        let settings = format!("{{\"seed\":{seed}}}");
        let mut process = Running::start(&["city", "--settings", &settings]).unwrap();
        process.tell(&ports.line());
        let addresses = process.said.trim().to_owned();
        let said: Value = serde_json::from_str(&addresses).unwrap();
        let control = said["control"].as_str().unwrap().parse().unwrap();
        Self { process, addresses, control }
    }

    /// One of its append-only lists from entry `after` on.
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let text = get(self.control, path);
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn stop(self) {
        drop(self.process);
    }
}

/// The body of a GET over plain HTTP/1.1.
pub(crate) fn get(addr: SocketAddr, path: &str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = reqwest::get(format!("http://{addr}{path}")).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.text().await.unwrap()
    })
}

/// `zhizhen demo` on known ports, attached to a town that lives on when it is killed.
pub(crate) fn demo(
    config: &Path,
    data: &Path,
    seed: u64,
    speed: &str,
    ports: &Ports,
    city: &City,
) -> Option<Running> {
    let (seed, data, config) = (seed.to_string(), data.to_str().unwrap(), config.to_str().unwrap());
    let (http, sl651) = (format!("127.0.0.1:{}", ports.http), format!("127.0.0.1:{}", ports.sl651));
    Running::start(&[
        "demo",
        "--config",
        config,
        "--data",
        data,
        "--seed",
        &seed,
        "--speed",
        speed,
        "--http",
        &http,
        "--sl651",
        &sl651,
        "--attach",
        &city.addresses,
    ])
}
