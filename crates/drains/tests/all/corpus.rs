//! What fuzzing found worth keeping (`fuzz/corpus/*.hex`) is replayed, with the fuzz target's own checks.

#[path = "../../fuzz/checks/swmm.rs"]
mod swmm;

#[test]
fn every_kept_model_is_survived() {
    let kept = include_str!("../../fuzz/corpus/swmm.hex");
    for line in kept.lines() {
        let digits = line.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
        let bytes: Vec<u8> = digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect();
        swmm::check(&bytes);
    }
    assert!(kept.lines().count() > 100);
}
