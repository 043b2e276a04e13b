//! What a cutter promises of any bytes, for protocols whose idle bytes are passed over.

use wire::cut::{Framing, Piece, StreamCutter};

/// Panics when something is made up or hoarded.
pub(crate) fn are_cut(bytes: &[u8], framing: Framing) {
    let mut cutter = StreamCutter::new(framing);
    let mut total = 0;
    let mut count = |piece: Piece| match piece {
        Piece::Frame(bytes) | Piece::Garbage(bytes) => total += bytes.len(),
    };
    for chunk in bytes.chunks(7) {
        cutter.feed(chunk, &mut count);
        assert!(cutter.held() <= 2 * framing.max_frame + StreamCutter::MAX_GARBAGE);
    }
    cutter.give_up(&mut count);
    assert!(total <= bytes.len());
}

/// Any moment will do.
pub(crate) fn some_time() -> field::time::Time {
    field::time::Time::from_ms(1_625_000_000_000)
}
