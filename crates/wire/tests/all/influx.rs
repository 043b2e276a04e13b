//! Line protocol: real lines, escapes, faults with their column, the quick way against the full one.

use proptest::prelude::*;
use wire::influx::{FieldValue, Precision, ProblemKind, Rapid, canonical, lines, unescape};

fn one(text: &str) -> wire::influx::Line<'_> {
    lines(text.as_bytes()).next().unwrap().unwrap()
}

fn fault(text: &str) -> (ProblemKind, u32) {
    let (problem, _) = lines(text.as_bytes()).next().unwrap().unwrap_err();
    (problem.kind, problem.column)
}

#[test]
fn a_line_has_measurement_tags_fields_and_a_timestamp() {
    let line = one(
        "level,station=3307820001,town=义乌 depth=0.31,volt=12i,wet=true,note=\"a, b\" 1625035200000000000",
    );
    assert_eq!(line.measurement(), b"level");
    let tags: Vec<_> = line.tags().map(|(n, v)| (unescape(n).unwrap(), unescape(v).unwrap())).collect();
    assert_eq!(tags, [("station".into(), "3307820001".into()), ("town".into(), "义乌".into())]);
    let values: Vec<_> = line.fields().map(|f| f.value).collect();
    let expected = [
        FieldValue::Number(0.31),
        FieldValue::Number(12.0),
        FieldValue::Truth(true),
        FieldValue::Text(b"a, b"),
    ];
    assert_eq!(values, expected);
    assert_eq!(line.stamp.map(|s| Precision::Nanosecond.to_ms(s)), Some(1_625_035_200_000));
}

#[test]
fn escapes_are_taken_away_and_other_backslashes_stay() {
    let line = one(r#"my\ level,sta\=tion=a\,b\ c dep\ th=1,path="C:\\x \"y\"" 1"#);
    assert_eq!(unescape(line.measurement()).unwrap(), "my level");
    let (name, value) = line.tags().next().unwrap();
    assert_eq!((unescape(name).unwrap().as_ref(), unescape(value).unwrap().as_ref()), ("sta=tion", "a,b c"));
    assert_eq!(unescape(line.fields().next().unwrap().name).unwrap(), "dep th");
    assert_eq!(line.fields().nth(1).unwrap().value, FieldValue::Text(br#"C:\\x \"y\""#));
    assert_eq!(unescape(br"a\b\ c").unwrap(), r"a\b c");
}

#[test]
fn comments_blank_lines_and_carriage_returns_are_passed_over_and_counted() {
    let text = "# by hand\r\n\r\n  a v=1 5\r\nb v=2\n\n#end";
    let read: Vec<_> = lines(text.as_bytes()).map(|l| l.unwrap()).map(|l| (l.number, l.stamp)).collect();
    assert_eq!(read, [(3, Some(5)), (4, None)]);
}

#[test]
fn a_text_may_hold_a_line_feed_and_the_count_goes_on() {
    let text = "a v=\"one\ntwo\" 1\nb v=1 2\n";
    let read: Vec<_> = lines(text.as_bytes()).map(|l| l.unwrap()).map(|l| (l.number, l.stamp)).collect();
    assert_eq!(read, [(1, Some(1)), (3, Some(2))]);
}

#[test]
fn what_is_wrong_is_named_with_its_column_and_the_next_line_is_read() {
    assert_eq!(fault(",a=1 v=1"), (ProblemKind::NoMeasurement, 1));
    assert_eq!(fault("m,a v=1"), (ProblemKind::BadTag, 3));
    assert_eq!(fault("m,a= v=1"), (ProblemKind::BadTag, 3));
    assert_eq!(fault("m"), (ProblemKind::NoField, 2));
    assert_eq!(fault("m 12"), (ProblemKind::BadField, 3));
    assert_eq!(fault("m v=abc 1"), (ProblemKind::BadValue, 5));
    assert_eq!(fault("m v=1.2.3 1"), (ProblemKind::BadValue, 5));
    assert_eq!(fault("m v=nan"), (ProblemKind::BadValue, 5));
    assert_eq!(fault("m v=1e999"), (ProblemKind::TooLarge, 5));
    assert_eq!(fault("m v=99999999999999999999i"), (ProblemKind::TooLarge, 5));
    assert_eq!(fault("m v=\"open"), (ProblemKind::OpenText, 5));
    assert_eq!(fault("m v=1 soon"), (ProblemKind::BadTime, 7));
    assert_eq!(fault("m v=1 1.5"), (ProblemKind::BadTime, 7));
    let mut all = lines(b"m v=x\nm v=1\n");
    assert!(all.next().unwrap().is_err());
    assert_eq!(all.next().unwrap().unwrap().number, 2);
    assert!(all.next().is_none());
}

#[test]
fn the_order_of_tags_does_not_make_another_series() {
    let (a, b) = (one("m,b=2,a=1 v=1"), one("m,a=1,b=2 v=1"));
    assert_eq!(canonical(&a).unwrap(), "m,a=1,b=2");
    assert_eq!(canonical(&a), canonical(&b));
}

#[test]
fn every_precision_ends_in_milliseconds() {
    let of = |code, stamp| Precision::from_code(code).unwrap().to_ms(stamp);
    assert_eq!(
        [of("ns", 1_999_999), of("us", 1_999), of("ms", 1), of("s", 1), of("", -1)],
        [1, 1, 1, 1_000, -1]
    );
    assert_eq!(Precision::from_code("weeks"), None);
}

#[test]
fn real_telemetry_of_ten_trucks_is_read_without_a_fault() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/data/ingest/iot_influx_10trucks_24h_seed123.lp.xz"
    );
    let unpacked = std::process::Command::new("xz").args(["-dc", path]).output();
    let Some(body) = unpacked.ok().filter(|out| out.status.success()).map(|out| out.stdout) else {
        eprintln!("skipped: ../shared is not here, or xz is not");
        return;
    };
    let (mut count, mut values) = (0, 0);
    for line in lines(&body) {
        let line = line.unwrap();
        values += line.fields().filter(|f| f.value.number().is_some()).count();
        count += 1;
    }
    assert_eq!(count, body.iter().filter(|b| **b == b'\n').count());
    assert!(values > 5 * count, "{values} values in {count} lines");
}

#[test]
fn no_flipped_bit_of_a_line_panics() {
    let text = b"level,station=3307820001 depth=0.31,note=\"a\\\"b\" 1625035200000000000\n";
    for bit in 0..text.len() * 8 {
        let mut bad = text.to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        for line in lines(&bad) {
            let _ = line.map(|l| (l.tags().count(), l.fields().count()));
        }
        let _ = wire::influx::explain(&bad);
    }
}

#[test]
fn a_known_series_is_read_in_one_go_wherever_it_stands() {
    let mut rapid = Rapid::default();
    rapid.learn(b"m,s=1 v", 10);
    rapid.learn(b"m,s=2 v", 20);
    let mut hint = 0;
    let seen = rapid.read(b"m,s=2 v=-1.5 123\nrest", &mut hint).unwrap();
    assert_eq!((seen.what, seen.value, seen.stamp, seen.length, hint), (20, -1.5, 123, 17, 2));
    assert_eq!(rapid.read(b"m,s=1 v=2 1", &mut hint).unwrap().what, 10);
    for left in
        ["m,s=1 v=2", "m,s=1 v=2i 1", "m,s=1 v=2,w=1 1", "m,s=3 v=2 1", "m,s=1 v=\"2\" 1", "m,s=1 vv=2 1"]
    {
        assert_eq!(rapid.read(left.as_bytes(), &mut hint), None, "{left}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_named(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        for line in lines(&body).flatten() {
            prop_assert!(line.fields().next().is_some());
            let _ = (canonical(&line), line.tags().count());
        }
    }

    #[test]
    fn the_quick_way_says_what_the_full_one_says(
        value in -1e6..1e6_f64, places in 0..6_usize, stamp in 0..2_000_000_000_000_000_000_i64,
    ) {
        let text = format!("m,s=1 v={value:.places$} {stamp}\n");
        let line = one(&text);
        let mut rapid = Rapid::default();
        rapid.learn(b"m,s=1 v", ());
        let seen = rapid.read(text.as_bytes(), &mut 0).unwrap();
        prop_assert_eq!(Some(seen.stamp), line.stamp);
        prop_assert_eq!(Some(seen.value), line.fields().next().unwrap().value.number());
        prop_assert_eq!(seen.length, text.len());
    }
}

#[test]
fn a_kept_piece_of_a_body_is_explained_line_by_line_in_its_own_precision() {
    let piece = b"m,station=A v=1 1625025600\nm,station=B v=2 1625025660\n# precision=s\n";
    let explained = wire::influx::explain(piece);
    let readings = explained.decoded["readings"].as_array().unwrap();
    assert_eq!((readings.len(), &readings[1]["series"]), (2, &"m,station=B".into()));
    assert_eq!(readings[1]["observed_at"], "2021-06-30T12:01:00+08:00");
    let marked = explained.fields.iter().filter(|field| field.name == "element:v").count();
    assert_eq!((marked, &explained.decoded["problems"]), (2, &serde_json::json!([])));
}
