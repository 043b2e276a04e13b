//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little.

use wire::cjt188::{FRAMING, MAX_FRAME, decode, explain, json_line};
use wire::cut::{Piece, StreamCutter};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let frame = decode(bytes);
    assert!(frame.is_trusted() || frame.readings.is_empty());
    let _ = frame.to_report(field_time());
    let _ = explain(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with("{\"protocol\":\"cjt188\""));
    }
    let mut cutter = StreamCutter::new(FRAMING);
    let mut total = 0;
    let mut count = |piece: Piece| match piece {
        Piece::Frame(bytes) | Piece::Garbage(bytes) => total += bytes.len(),
    };
    for chunk in bytes.chunks(7) {
        cutter.feed(chunk, &mut count);
        assert!(cutter.held() <= 2 * MAX_FRAME + StreamCutter::MAX_GARBAGE);
    }
    cutter.give_up(&mut count);
    assert!(total <= bytes.len());
}

/// Any moment will do.
fn field_time() -> field::time::Time {
    field::time::Time::from_ms(1_625_000_000_000)
}
