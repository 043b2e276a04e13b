//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little.

use wire::sl651::{Assembler, Cut, Cutter, MAX_FRAME, decode, decode_parts, explain, json_line, to_ascii};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let decoded = decode(bytes);
    assert!(decoded.is_trusted() || decoded.readings.is_empty());
    let _ = explain(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with("{\"protocol\":\"sl651\""));
    }
    let _ = decoded.report();
    let _ = decode_parts(&[bytes.to_vec(), bytes.to_vec()]);
    if let Some(ascii) = to_ascii(bytes) {
        assert!(decode(&ascii).direction.is_some());
    }
    let mut assembler = Assembler::default();
    let _ = assembler.take(&decoded, bytes.to_vec());
    let mut cutter = Cutter::new();
    let (mut total, mut frames) = (0, 0);
    let mut count = |cut: Cut| match cut {
        Cut::Frame(bytes) => {
            total += bytes.len();
            frames += 1;
        }
        Cut::Garbage(bytes) => total += bytes.len(),
    };
    for chunk in bytes.chunks(7) {
        cutter.feed(chunk, &mut count);
        assert!(cutter.held() <= MAX_FRAME + 7 + Cutter::MAX_GARBAGE);
    }
    cutter.give_up(&mut count);
    // Only a stray 7E behind a frame may be passed over.
    assert!(total <= bytes.len() && bytes.len() - total <= frames);
}
