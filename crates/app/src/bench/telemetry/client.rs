//! The sender: as little work as can be, so that what is measured is the server. Threads and blocking
//! sockets, one request after another on each connection.

use super::generate::Bodies;
use super::peer::Peer;
use anyhow::{Context, Result, bail};
use std::io::{IoSlice, Read as _, Seek as _, SeekFrom, Write as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Pushes `rows` rows in requests of `size` over so many connections; from the first byte to the last
/// answer.
pub(crate) fn push(
    server: &Peer,
    bodies: &Bodies,
    size: usize,
    connections: usize,
    rows: usize,
) -> Result<Duration> {
    let requests = bodies.requests(size, rows);
    let next = AtomicUsize::new(0);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| worker(server, bodies, &requests, &next))).collect();
        for worker in workers {
            match worker.join() {
                Ok(done) => done?,
                Err(_) => bail!("a sender died"),
            }
        }
        Ok(begun.elapsed())
    })
}

fn worker(server: &Peer, bodies: &Bodies, requests: &[(u64, usize)], next: &AtomicUsize) -> Result<()> {
    let mut connection = Connection::open(server)?;
    let mut file = bodies.open()?;
    let (mut body, mut at) = (vec![], u64::MAX);
    while let Some((offset, length)) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
        if at != *offset {
            file.seek(SeekFrom::Start(*offset))?;
        }
        body.resize(*length, 0);
        file.read_exact(&mut body)?;
        at = offset + *length as u64;
        connection.post(&body)?;
    }
    Ok(())
}

/// Pushes for so long on one connection; how many rows were acknowledged.
pub(crate) fn push_for(server: &Peer, bodies: &Bodies, size: usize, how_long: Duration) -> Result<u64> {
    let mut connection = Connection::open(server)?;
    let mut file = bodies.open()?;
    let (begun, mut body, mut rows) = (Instant::now(), vec![], 0);
    for (_, length) in bodies.requests(size, bodies.rows()) {
        if begun.elapsed() > how_long {
            break;
        }
        body.resize(length, 0);
        file.read_exact(&mut body)?;
        connection.post(&body)?;
        rows += size;
    }
    Ok(rows.min(bodies.rows()) as u64)
}

/// Pushes a few bodies.
pub(crate) fn push_text(server: &Peer, bodies: &[String]) -> Result<()> {
    let mut connection = Connection::open(server)?;
    bodies.iter().try_for_each(|body| connection.post(body.as_bytes()))
}

/// One connection, kept alive.
struct Connection {
    stream: TcpStream,
    head: String,
    answer: Vec<u8>,
}

impl Connection {
    fn open(server: &Peer) -> Result<Self> {
        let stream = TcpStream::connect(server.addr).context("connecting to the server")?;
        stream.set_nodelay(true)?;
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Token {}\r\n",
            server.write_path(),
            server.addr,
            super::peer::TOKEN
        );
        Ok(Self { stream, head, answer: vec![0; 16 * 1024] })
    }

    /// Sends a body and waits for its 204.
    fn post(&mut self, body: &[u8]) -> Result<()> {
        let head = format!("{}Content-Length: {}\r\n\r\n", self.head, body.len());
        let mut parts = [IoSlice::new(head.as_bytes()), IoSlice::new(body)];
        let mut parts = &mut parts[..];
        while !parts.is_empty() {
            let sent = self.stream.write_vectored(parts)?;
            IoSlice::advance_slices(&mut parts, sent);
        }
        let mut have = 0;
        loop {
            let room = self.answer.get_mut(have..).unwrap_or_default();
            let got = self.stream.read(room)?;
            have += got;
            let answer = self.answer.get(..have).unwrap_or_default();
            if got == 0 || have == self.answer.len() || answer.windows(4).any(|w| w == b"\r\n\r\n") {
                if answer.starts_with(b"HTTP/1.1 204") {
                    return Ok(());
                }
                bail!("the server answered {}", String::from_utf8_lossy(answer));
            }
        }
    }
}
