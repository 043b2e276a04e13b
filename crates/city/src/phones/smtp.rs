//! 邮件: the least of an SMTP server (RFC 5321) that takes mail for the town's addresses.

use super::inbox::Inbox;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use field::person::ChannelKind;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Longest mail, bytes.
const MOST_MAIL: usize = 256 * 1024;
/// Longest line of a command or mail, bytes (RFC 5321 §4.5.3.1.6 asks for 1000).
const MOST_LINE: u64 = 4_096;
/// Receivers of one mail.
const MOST_RECEIVERS: usize = 100;
/// Connections at a time.
const MOST_CONNECTIONS: usize = 64;
/// A silent client is hung up on.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves mail until dropped.
pub(crate) async fn serve(listener: TcpListener, inbox: Arc<Inbox>) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let inbox = inbox.clone();
        tokio::spawn(async move {
            if let Err(error) = session(stream, &inbox).await {
                tracing::debug!(%error, "a mail connection ended early");
            }
            drop(permit);
        });
    }
}

type Lines = BufReader<TcpStream>;

async fn line(lines: &mut Lines) -> io::Result<String> {
    let mut bytes = Vec::new();
    let mut limited = (&mut *lines).take(MOST_LINE);
    let read = tokio::time::timeout(PATIENCE, limited.read_until(b'\n', &mut bytes)).await;
    if read.map_err(io::Error::from)?? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

async fn say(lines: &mut Lines, text: &str) -> io::Result<()> {
    lines.get_mut().write_all(format!("{text}\r\n").as_bytes()).await
}

async fn session(stream: TcpStream, inbox: &Inbox) -> io::Result<()> {
    let mut lines = BufReader::new(stream);
    say(&mut lines, "220 zhizhen.example ESMTP demo").await?;
    let mut people: Vec<usize> = Vec::new();
    loop {
        let command = line(&mut lines).await?;
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(&mut lines, "250-zhizhen.example\r\n250-8BITMIME\r\n250 SMTPUTF8").await?,
            "HELO" | "NOOP" => say(&mut lines, "250 ok").await?,
            "MAIL" | "RSET" => {
                people.clear();
                say(&mut lines, "250 ok").await?;
            }
            "RCPT" => {
                let address = command.split(['<', '>']).nth(1).unwrap_or_default();
                match inbox.by_email(address).filter(|_| people.len() < MOST_RECEIVERS) {
                    Some(person) => {
                        people.push(person);
                        say(&mut lines, "250 ok").await?;
                    }
                    None => {
                        inbox.refuse("email_address");
                        say(&mut lines, "550 no such mailbox here").await?;
                    }
                }
            }
            "DATA" if people.is_empty() => say(&mut lines, "503 no receiver").await?,
            "DATA" => {
                say(&mut lines, "354 end with a dot").await?;
                match mail(&mut lines).await? {
                    Some(mail) => {
                        inbox.arrive(ChannelKind::Email, &people, &plain_text(&mail));
                        say(&mut lines, "250 taken").await?;
                    }
                    None => say(&mut lines, "552 too long").await?,
                }
                people.clear();
            }
            "QUIT" => return say(&mut lines, "221 bye").await,
            _ => say(&mut lines, "502 not here").await?,
        }
    }
}

/// The mail up to the lonely dot; nothing when it is too long.
async fn mail(lines: &mut Lines) -> io::Result<Option<String>> {
    let mut mail = String::new();
    let mut fits = true;
    loop {
        let line = line(lines).await?;
        if line == "." {
            return Ok(fits.then_some(mail));
        }
        fits &= mail.len() + line.len() < MOST_MAIL;
        if fits {
            mail.push_str(line.strip_prefix('.').unwrap_or(&line));
            mail.push('\n');
        }
    }
}

/// The text of a mail, its transfer encoding undone (RFC 2045 §6).
fn plain_text(mail: &str) -> String {
    let (head, body) = mail.split_once("\n\n").unwrap_or(("", mail));
    let head = head.to_ascii_lowercase();
    if head.contains("content-transfer-encoding: base64") {
        let packed: String = body.split_whitespace().collect();
        return STANDARD.decode(packed).map(|b| String::from_utf8_lossy(&b).into_owned()).unwrap_or_default();
    }
    if head.contains("content-transfer-encoding: quoted-printable") {
        return quoted_printable(body);
    }
    body.to_owned()
}

fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|h| std::str::from_utf8(h).ok());
        match code.and_then(|h| u8::from_str_radix(h, 16).ok()).filter(|_| *first == b'=') {
            Some(byte) => {
                bytes.push(byte);
                rest = tail.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transfer_encodings_are_undone() {
        let b64 =
            format!("Subject: x\nContent-Transfer-Encoding: base64\n\n{}\n", STANDARD.encode("报警 编号 M7"));
        assert_eq!(plain_text(&b64), "报警 编号 M7");
        let qp = "Content-Transfer-Encoding: quoted-printable\n\n=E6=8A=A5=E8=AD=A6 a=\nb M7\n";
        assert_eq!(plain_text(qp), "报警 ab M7\n");
    }
}
