//! Line protocol whose bytes are kept (`keep_raw`): every reading leads back to the piece of the body it
//! came in. A body becomes packets, cut at line feeds; each is durable as a whole.

use super::source::Source;
use super::{Refused, influx, keep_packet};
use crate::app::App;
use crate::problem::Problem;
use field::sample::Packet;
use field::time::Time;
use wire::influx::{NAME, Precision};

/// Room behind a piece for the line that tells when it arrived.
const ARRIVAL: usize = 64;

/// Reads and keeps a body piece by piece; how many rows are durable.
pub(super) async fn push(
    app: &App,
    source: &Source,
    precision: Precision,
    body: &[u8],
    now: Time,
    refused: &mut Refused,
) -> Result<usize, Problem> {
    let (mut rest, mut lines, mut kept) = (body, 0, 0);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(cut(rest));
        let (batch, untimed) = influx::read(app, source, precision, (piece, lines), now, refused).await?;
        lines += piece.iter().filter(|byte| **byte == b'\n').count();
        rest = behind;
        let raw = arrived(piece, precision, untimed.then_some(now));
        kept += if raw.len() <= Packet::MAX_RAW && batch.len() <= Packet::MAX_READINGS {
            keep_packet(&app.store, &source.config.name, NAME, now, raw, batch).await.inspect_err(|error| {
                tracing::error!(%error, kept, "pushed rows could not be kept; the sender will send them again");
            })?
        } else {
            // One line longer than a packet: its rows are kept, its bytes are not.
            influx::kept(app, source, now, batch).await?
        };
    }
    Ok(kept)
}

/// Where the next piece ends: behind a line feed, with no more bytes and fields than a packet may have.
fn cut(rest: &[u8]) -> usize {
    let (mut end, mut equals) = (0, 0);
    for (at, byte) in rest.iter().enumerate() {
        equals += usize::from(*byte == b'=');
        let fits = at < Packet::MAX_RAW - ARRIVAL && equals <= Packet::MAX_READINGS;
        if !fits && end > 0 {
            return end;
        }
        if *byte == b'\n' {
            end = at + 1;
        }
    }
    rest.len()
}

/// A piece as it is kept: comments say in which unit its times are where that is not the usual one, and
/// when it arrived where a row of it does not say its time.
fn arrived(piece: &[u8], precision: Precision, at: Option<Time>) -> Vec<u8> {
    let mut raw = piece.to_vec();
    let ends = raw.last().is_none_or(|byte| *byte == b'\n');
    let mut comment = |text: String| {
        if !ends && raw.len() == piece.len() {
            raw.push(b'\n');
        }
        raw.extend(text.into_bytes());
    };
    if precision != Precision::Nanosecond {
        comment(format!("# precision={}\n", precision.code()));
    }
    if let Some(at) = at {
        comment(format!("# received_at={at}\n"));
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_behind_a_line_and_hold_what_a_packet_may() {
        let body = "m,station=A v=1 1625025600000000000\n".repeat(5_000);
        let (mut rest, mut lines) = (body.as_bytes(), 0);
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(cut(rest));
            assert!(piece.ends_with(b"\n") && piece.len() <= Packet::MAX_RAW - ARRIVAL);
            let equals = piece.iter().filter(|byte| **byte == b'=').count();
            assert!(equals <= Packet::MAX_READINGS);
            lines += piece.iter().filter(|byte| **byte == b'\n').count();
            rest = behind;
        }
        assert_eq!(lines, 5_000);
        assert_eq!(cut(b"m v=1"), 5, "the last line needs no line feed");
    }

    #[test]
    fn what_a_piece_does_not_say_itself_stands_behind_it_as_a_comment() {
        let at: Time = "2021-06-30T12:00:00+08:00".parse().unwrap();
        assert_eq!(arrived(b"m v=1 1\n", Precision::Nanosecond, None), b"m v=1 1\n");
        let kept = arrived(b"m v=1", Precision::Second, Some(at));
        assert_eq!(kept, b"m v=1\n# precision=s\n# received_at=2021-06-30T12:00:00+08:00\n");
    }
}
