//! Any bytes: the decoder gives a value, the cutter loses nothing and holds little.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::sl651::{Cut, Cutter, MAX_FRAME, decode, explain, json_line};

fuzz_target!(|bytes: &[u8]| {
    let decoded = decode(bytes);
    assert!(decoded.is_trusted() || decoded.readings.is_empty());
    let _ = explain(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        assert!(json_line(text).starts_with("{\"protocol\":\"sl651\""));
    }
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
});
