//! A mail server that speaks enough SMTP to take a mail, at most so many a minute to one address.

use super::State;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Mails a minute to one address.
const PER_MINUTE: usize = 10;

pub(crate) async fn start(state: Arc<State>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&state)));
        }
    });
    address
}

async fn serve(stream: TcpStream, state: Arc<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test ESMTP\r\n").await?;
    let mut to = String::new();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line.split([' ', ':']).next().unwrap_or("").trim().to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" | "HELO" => b"250-test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "MAIL" => b"250 ok\r\n",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap_or("").to_owned();
                if to.starts_with("nobody") { b"550 no such user\r\n" } else { b"250 ok\r\n" }
            }
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mail = data(&mut stream).await?;
                taken(&state, &to, &mail)
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await?;
    }
}

async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut mail = String::new();
    loop {
        let start = mail.len();
        stream.read_line(&mut mail).await?;
        if mail[start..] == *".\r\n" || mail.len() == start {
            mail.truncate(start);
            return Ok(mail);
        }
    }
}

fn taken(state: &State, to: &str, mail: &str) -> &'static [u8] {
    let now = state.clock.now();
    let mut inner = state.lock();
    inner.count("email");
    if !inner.within(format!("mail {to}"), now, PER_MINUTE) {
        inner.refused.push("email: too many".into());
        return b"452 too many mails\r\n";
    }
    inner.take("email", to, &decoded(mail));
    b"250 taken as 42\r\n"
}

/// The mail's head and its body, decoded.
fn decoded(mail: &str) -> String {
    use base64::Engine as _;
    let (head, body) = mail.split_once("\r\n\r\n").unwrap_or((mail, ""));
    let joined: String = body.split_whitespace().collect();
    let text = base64::engine::general_purpose::STANDARD.decode(joined).ok();
    let text = text.and_then(|t| String::from_utf8(t).ok()).unwrap_or_else(|| body.to_owned());
    format!("{head}\n\n{text}")
}
