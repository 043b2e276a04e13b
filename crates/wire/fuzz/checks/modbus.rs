//! Any bytes: the decoder gives a value, its marks lie inside, the cutters lose nothing.

use wire::cut::{Piece, StreamCutter};
use wire::modbus::{MBAP, RTU_ANSWERS, RTU_REQUESTS, explain, json_line};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let explained = explain(bytes);
    assert!(explained.fields.iter().all(|field| field.start < field.end && field.end <= bytes.len()));
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with('{'));
    }
    for framing in [MBAP, RTU_REQUESTS, RTU_ANSWERS] {
        let mut cutter = StreamCutter::new(framing);
        let mut total = 0;
        let mut count = |piece: Piece| match piece {
            Piece::Frame(bytes) | Piece::Garbage(bytes) => total += bytes.len(),
        };
        for chunk in bytes.chunks(7) {
            cutter.feed(chunk, &mut count);
        }
        cutter.give_up(&mut count);
        assert_eq!(total, bytes.len());
    }
}
