//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little, parts join or wait.

use wire::cut::{Piece, StreamCutter};
use wire::hj212::{FRAMING, Joiner, MAX_FRAME, decode, explain, json_line};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let packet = decode(bytes);
    assert!(packet.remarks.is_trusted() || packet.readings.is_empty());
    let _ = packet.to_report(10);
    let _ = explain(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with("{\"protocol\":\"hj212\""));
    }
    let mut joiner = Joiner::default();
    let mut cutter = StreamCutter::new(FRAMING);
    let mut total = 0;
    let mut count = |piece: Piece| match piece {
        Piece::Frame(bytes) => {
            total += bytes.len();
            let _ = joiner.take(&decode(&bytes));
        }
        Piece::Garbage(bytes) => total += bytes.len(),
    };
    for chunk in bytes.chunks(7) {
        cutter.feed(chunk, &mut count);
        assert!(cutter.held() <= 2 * MAX_FRAME + StreamCutter::MAX_GARBAGE);
    }
    cutter.give_up(&mut count);
    assert!(total <= bytes.len());
}
