//! A source that pushes rows over HTTP while the server is killed under it, and remembers which of them were
//! acknowledged.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// What the server's configuration says of it.
const TOKEN: &str = "pusher-token-0123456789";
/// The element of the point that its rows make.
pub(crate) const ELEMENT: &str = "kills,from=test v";
/// Rows a request.
const ROWS: i64 = 20;
/// Between two requests, and between two tries to connect.
const PAUSE: Duration = Duration::from_millis(20);
/// 2020-01-01T00:00Z, seconds: long ago, so that nothing judges the rows.
const START_S: i64 = 1_577_836_800;

/// The configuration that lets it push to a station.
pub(crate) fn config(station: &str) -> String {
    format!(
        "[[push.source]]\nname = \"pusher\"\ntoken = \"{TOKEN}\"\nstation = \"{station}\"\ncreate = true\n"
    )
}

/// It pushes until it is dropped.
pub(crate) struct Pusher {
    /// Seconds of the rows that were acknowledged; the value of each is its number.
    acknowledged: Arc<Mutex<Vec<(i64, f64)>>>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Pusher {
    pub(crate) fn start(http: u16) -> Self {
        let acknowledged = Arc::<Mutex<Vec<_>>>::default();
        let (stop, stopped) = channel();
        let its = Arc::clone(&acknowledged);
        let thread = std::thread::spawn(move || push(http, &its, &stopped));
        Self { acknowledged, stop: Some(stop), thread: Some(thread) }
    }

    /// What was acknowledged since the last question: milliseconds since 1970 and values.
    pub(crate) fn take(&self) -> Vec<(i64, f64)> {
        std::mem::take(&mut self.acknowledged.lock().unwrap())
    }
}

impl Drop for Pusher {
    fn drop(&mut self) {
        drop(self.stop.take());
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn push(http: u16, acknowledged: &Mutex<Vec<(i64, f64)>>, stopped: &Receiver<()>) {
    let mut next = 0;
    let mut line = None;
    while stopped.recv_timeout(PAUSE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
        let rows: Vec<(i64, f64)> =
            (next..next + ROWS).map(|n| ((START_S + n) * 1_000, (n % 1_000) as f64)).collect();
        // What was not acknowledged is not sent again: then every row is there once at most.
        next += ROWS;
        line = line.or_else(|| TcpStream::connect(("127.0.0.1", http)).ok());
        let Some(mut stream) = line.take() else { continue };
        if post(&mut stream, &rows).is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 204")) {
            acknowledged.lock().unwrap().extend(rows);
            line = Some(stream);
        }
    }
}

fn post(stream: &mut TcpStream, rows: &[(i64, f64)]) -> std::io::Result<Vec<u8>> {
    let body: String =
        rows.iter().map(|(at, value)| format!("kills,from=test v={value} {at}000000\n")).collect();
    let head = format!(
        "POST /write HTTP/1.1\r\nHost: kills\r\nAuthorization: Token {TOKEN}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.set_nodelay(true)?;
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let (mut answer, mut some) = (vec![], [0; 1_024]);
    while !answer.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut some)? {
            0 => break,
            got => answer.extend_from_slice(&some[..got]),
        }
    }
    Ok(answer)
}
