//! What fuzzing found worth keeping (`fuzz/corpus/*.hex`) is replayed, with the fuzz target's own checks.

#[path = "../../fuzz/checks/epanet_inp.rs"]
mod epanet_inp;

#[test]
fn every_kept_model_is_survived() {
    let kept = include_str!("../../fuzz/corpus/epanet_inp.hex");
    for line in kept.lines() {
        let digits = line.as_bytes().chunks(2).map(|two| std::str::from_utf8(two).unwrap());
        let bytes: Vec<u8> = digits.map(|two| u8::from_str_radix(two, 16).unwrap()).collect();
        epanet_inp::check(&bytes);
    }
    assert!(kept.lines().count() > 100);
}

#[test]
fn a_count_below_one_is_written_as_one_that_is_read_again() {
    epanet_inp::check(
        b"[JUNCTIONS]\nA 1\n[RESERVOIRS]\nR 9\n[PIPES]\n1 R A 9 99 99\n[OPTIONS]\nTRIALS 0.5\n",
    );
}
