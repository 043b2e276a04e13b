//! DTU: a concentrator that connects, says who it is, and hands on the questions of the centre to what hangs on
//! its serial line.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::cut::{Framing, Piece, StreamCutter};

/// Real time between two heartbeats.
const BEAT: Duration = Duration::from_secs(30);
/// Pause before connecting again, real time.
const PAUSE: Duration = Duration::from_secs(2);

/// How a concentrator presents itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dtu {
    /// Its name in logs.
    pub(crate) name: &'static str,
    /// 注册包.
    pub(crate) register: &'static str,
    /// 心跳包.
    pub(crate) heartbeat: &'static str,
    /// How frames stand on its line.
    pub(crate) framing: Framing,
}

impl Dtu {
    /// Keeps it connected for ever; `answer` is what its line says to a frame.
    pub(crate) async fn run(self, centre: SocketAddr, mut answer: impl FnMut(&[u8]) -> Option<Vec<u8>>) {
        loop {
            if let Err(error) = self.serve(centre, &mut answer).await {
                tracing::debug!(%error, dtu = self.name, "a concentrator's line failed");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn serve(
        &self,
        centre: SocketAddr,
        answer: &mut impl FnMut(&[u8]) -> Option<Vec<u8>>,
    ) -> io::Result<()> {
        let mut stream = TcpStream::connect(centre).await?;
        stream.set_nodelay(true)?;
        stream.write_all(self.register.as_bytes()).await?;
        let mut cutter = StreamCutter::new(self.framing);
        let mut buf = [0; 512];
        loop {
            let read = match timeout(BEAT, stream.read(&mut buf)).await {
                Err(_) => {
                    stream.write_all(self.heartbeat.as_bytes()).await?;
                    continue;
                }
                Ok(read) => read?,
            };
            if read == 0 {
                return Ok(());
            }
            for piece in cutter.pieces(buf.get(..read).unwrap_or_default()) {
                let Piece::Frame(frame) = piece else { continue };
                if let Some(said) = answer(&frame) {
                    stream.write_all(&said).await?;
                }
            }
        }
    }
}
