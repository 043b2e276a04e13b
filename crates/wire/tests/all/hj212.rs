//! HJ 212: packets of the standard and of the field, broken ones, split ones.

use crate::support::at;
use field::sample::Quality;
use proptest::prelude::*;
use wire::cut::{Piece, StreamCutter};
use wire::hj212::encode::{
    Request, data_answer, digits, notice_answer, packet_of, qn, request_answer, split,
};
use wire::hj212::{FRAMING, Joined, Joiner, MAX_FRAME, command::QnRtn, decode, explain, json_line};

/// Packets of public loggers and of the standard's annex C, whole and with a right check value.
const SOUND: &[&str] = &[
    "##0101QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&1C80",
    "##0087QN=20160801085857223;ST=91;CN=9013;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&2A80",
    "##0317QN=20191012133710130;ST=22;CN=2011;PW=123456;MN=Y80110010000010;Flag=4;CP=&&DataTime=20191012133710;a21005-Rtd=0.00,a21005-Flag=N;a21004-Rtd=0.00,a21004-Flag=N;a21007-Rtd=0.033,a21007-Flag=N;a21006-Rtd=0.036,a21006-Flag=N;a21001-Rtd=25.40,a21001-Flag=N;a21003-Rtd=101.94,a21003-Flag=N;a21002-Rtd=49.20,a21002-Flag=N&&cc01",
    "##0435QN=20210301111100112;ST=21;CN=2011;PW=123456;MN=ZLDSZ20210127;Flag=8;CP=&&DataTime=20210301111100;w01001-Rtd=8.33,w01001-Flag=N;w01009-Rtd=10.15,w01009-Flag=N;w01010-Rtd=9.7,w01010-Flag=N;w01014-Rtd=1425,w01014-Flag=N;w01003-Rtd=13.10,w01003-Flag=N;w21011-Rtd=0,w21011-Flag=N;w21001-Rtd=3.563168,w21001-Flag=N;w21003-Rtd=0.09055002,w21003-Flag=N;w01019-Rtd=4.102818,w01019-Flag=N;w01008-Rtd=0,w01008-Flag=N;w23002-Rtd=0,w23002-Flag=N&&7d00",
    "##0109ST=32;CN=2011;PW=123456;MN=NJGDKYYC202101q0001w0001;CP=&&DataTime=20210305003817000;ele01-Rtd=1;ele02-Rtd=0&&8c41",
];

fn packet(cp: &str, cn: u16, flag: u8) -> Vec<u8> {
    let text = format!("QN=20160801085857223;ST=32;CN={cn};PW=123456;MN=MN01;Flag={flag};CP=&&{cp}&&");
    packet_of(&text).unwrap()
}

fn pieces(bytes: &[u8], step: usize) -> Vec<Piece> {
    let mut cutter = StreamCutter::new(FRAMING);
    let mut out = Vec::new();
    for chunk in bytes.chunks(step) {
        cutter.feed(chunk, |piece| out.push(piece));
        assert!(cutter.held() <= 2 * MAX_FRAME + StreamCutter::MAX_GARBAGE);
    }
    cutter.give_up(|piece| out.push(piece));
    out
}

#[test]
fn every_public_packet_decodes_as_its_collection_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/protocols/hj212.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared is not here");
        return;
    };
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut good = 0;
    for frame in file["frames"].as_array().unwrap() {
        let text = frame["text"].as_str().unwrap();
        let packet = decode(text.as_bytes());
        assert_eq!(
            packet.remarks.is_trusted(),
            frame["crc_ok"].as_bool().unwrap(),
            "{text}: {:?}",
            packet.remarks.problems
        );
        assert_eq!(packet.mn.as_deref(), frame["decoded"]["MN"].as_str(), "{text}");
        if packet.remarks.is_trusted() {
            good += 1;
            let items: usize = frame["decoded"]["CP"].as_array().unwrap().len();
            assert!(packet.items.len() >= items, "{text}");
        } else {
            assert!(packet.readings.is_empty() && packet.remarks.worst().unwrap().code == "bad_crc");
        }
    }
    assert_eq!(good, 7);
    for example in file["annexC_examples"].as_array().unwrap() {
        let segment = example["segment"].as_str().unwrap();
        let computed = format!("{:04X}", wire::hj212::crc16(segment.as_bytes()));
        assert_eq!(Some(computed.as_str()), example["crc_calc"].as_str(), "{segment}");
    }
}

#[test]
fn a_packet_of_the_field_becomes_readings_with_units_marks_and_times() {
    let packet = decode(SOUND[3].as_bytes());
    assert!(packet.remarks.problems.is_empty());
    assert_eq!((packet.version(), packet.wants_answer()), (2025, false));
    let ph = &packet.readings[0];
    assert_eq!((ph.id.as_str(), ph.field.as_str(), ph.value, ph.unit), ("w01001", "Rtd", Some(8.33), ""));
    assert_eq!((ph.observed_at, ph.flag.as_deref()), (at("2021-03-01T11:11"), Some("N")));
    assert_eq!(packet.readings[7].unit, "mg/L");
}

#[test]
fn no_flipped_bit_panics_or_passes() {
    for text in SOUND {
        let whole = decode(text.as_bytes());
        assert!(whole.remarks.is_trusted(), "{text}: {:?}", whole.remarks.problems);
        for bit in 0..text.len() * 8 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let packet = decode(&bytes);
            let _ = explain(&bytes);
            // A letter of the check value may change its case: the number is the same.
            let same =
                packet.readings == whole.readings && packet.items == whole.items && bit / 8 >= text.len() - 4;
            assert!(!packet.remarks.is_trusted() || same, "bit {bit} of {text}");
            assert!(packet.remarks.is_trusted() || packet.readings.is_empty());
        }
    }
}

#[test]
fn only_n_is_good_and_the_old_marks_are_known() {
    let cp = "DataTime=20160801085857;w01018-Rtd=31.2,w01018-Flag=N;w21003-Rtd=1.1,w21003-Flag=M;w21011-Rtd=0.2,w21011-Flag=S;w21001-Rtd=-,w21001-Flag=B;w01001-Rtd=7.1";
    let packet = decode(&packet(cp, 2011, 5));
    let qualities: Vec<_> = packet.readings.iter().map(|r| r.quality()).collect();
    use Quality::{Good, Manual, Missing, Suspect};
    assert_eq!(qualities, [Good, Suspect, Manual, Missing, Good]);
}

#[test]
fn an_hour_is_labelled_at_its_start_in_the_packet_and_kept_at_its_end() {
    let cp = "DataTime=20160801080000;w01018-Cou=63.0,w01018-Avg=40.1,w01018-Flag=N";
    let packet = decode(&packet(cp, 2061, 5));
    assert_eq!(packet.readings[0].observed_at, at("2016-08-01T08:00"));
    assert_eq!((packet.readings[0].unit, packet.readings[1].unit), ("kg", "mg/L"));
    let report = packet.to_report(10);
    assert_eq!(report.readings[1].element, "w01018-Avg-2061");
    assert_eq!(report.readings[1].observed_at, at("2016-08-01T09:00"));
    let day = decode(&self::packet("DataTime=20160801000000;w01018-Avg=40.1", 2031, 4));
    assert_eq!(day.to_report(10).readings[0].observed_at, at("2016-08-02T00:00"));
    let ten = decode(&self::packet("DataTime=20160801084000;w01018-Avg=40.1", 2051, 4));
    assert_eq!(ten.to_report(10).readings[0].observed_at, at("2016-08-01T08:50"));
    assert_eq!(ten.to_report(10).readings[0].element, "w01018-Avg");
}

#[test]
fn codes_of_2005_feed_the_points_of_2017() {
    let packet = decode(&packet_of("ST=32;CN=2011;PW=123456;MN=LD13;CP=&&DataTime=20160824003817;B01-Rtd=36.91;011-Rtd=231.0,011-Flag=N;060-Rtd=1.803,060-Flag=N&&").unwrap());
    assert_eq!(packet.version(), 2005);
    let elements: Vec<_> = packet.to_report(10).readings.into_iter().map(|r| r.element).collect();
    assert_eq!(elements, ["w00000-Rtd", "w01018-Rtd", "w21003-Rtd"]);
    assert_eq!(packet.readings[1].id, "011");
}

#[test]
fn a_decode_line_has_the_shape_of_the_others() {
    let line: serde_json::Value = serde_json::from_str(&json_line(SOUND[3])).unwrap();
    assert_eq!((line["station"].as_str(), line["function"].as_str()), (Some("ZLDSZ20210127"), Some("2011")));
    assert_eq!(line["sent_at"], "2021-03-01T11:11:00.112+08:00");
    let first = &line["readings"][0];
    assert_eq!((first["id"].as_str(), first["field"].as_str()), (Some("w01001"), Some("Rtd")));
    assert_eq!((first["value"].as_f64(), first["quality"].as_str()), (Some(8.33), Some("N")));
    assert_eq!(first["observed_at"], "2021-03-01T11:11:00+08:00");
    assert!(line["problems"].as_array().unwrap().is_empty());
    let hex: String = SOUND[3].bytes().map(|b| format!("{b:02x}")).collect();
    assert_eq!(json_line(&hex), json_line(SOUND[3]));
    assert_eq!(json_line(&format!("{}\\r\\n", SOUND[3])), json_line(SOUND[3]));
    let bad: serde_json::Value = serde_json::from_str(&json_line("##01zz")).unwrap();
    assert!(bad["problems"][0].as_str().unwrap().starts_with("bad_length_field"));
}

#[test]
fn one_bad_number_costs_only_itself_and_says_where_it_stands() {
    let packet =
        decode(&packet("DataTime=20160801085857;w01018-Rtd=3l.2,w01018-Flag=N;w21003-Rtd=1.1;…;x", 2011, 4));
    assert!(packet.remarks.is_trusted());
    assert_eq!(packet.readings.len(), 1);
    let codes: Vec<_> = packet.remarks.problems.iter().map(|p| p.code).collect();
    assert_eq!(codes, ["bad_item", "bad_item", "bad_number"]);
    assert!(
        packet.remarks.problems[2].message.contains("w01018-Rtd")
            && packet.remarks.problems[2].message.contains("byte ")
    );
}

#[test]
fn a_stream_of_any_chunks_gives_its_packets_and_its_garbage() {
    let good = packet("DataTime=20160801085857;w01018-Rtd=3.2", 2011, 5);
    let mut stream = b"noise##00".to_vec();
    stream.extend(&good);
    stream.extend(b"##0099QN=cut off");
    stream.extend(&good);
    stream.extend(&good);
    for step in [1, 2, 7, 64, 4_096] {
        let out = pieces(&stream, step);
        let frames =
            out.iter().filter(|p| matches!(p, Piece::Frame(f) if decode(f).remarks.is_trusted())).count();
        assert_eq!(frames, 3, "step {step}: {out:?}");
        let garbage: usize = out.iter().map(|p| if let Piece::Garbage(g) = p { g.len() } else { 0 }).sum();
        assert_eq!(garbage, b"noise##00".len() + b"##0099QN=cut off".len(), "step {step}");
    }
}

#[test]
fn a_report_in_three_packets_is_put_together_in_any_order_even_cut_inside_an_item() {
    let whole =
        "DataTime=20160801080000;w01018-Avg=40.1,w01018-Flag=N;w21003-Avg=1.5,w21003-Flag=M;w21011-Avg=0.3";
    for (a, b) in [(20, 50), (24, 54), (29, 57), (36, 70), (46, 77)] {
        let parts = [&whole[..a], &whole[a..b], &whole[b..]];
        let mut joiner = Joiner::default();
        let part = |n: usize| {
            let request = Request {
                qn: format!("2016080108585700{n}"),
                st: "32".into(),
                cn: 2051,
                pw: "123456".into(),
                mn: "MN01".into(),
                flag: 7,
                packet: Some((3, n as u16)),
                cp: parts[n - 1].to_owned(),
            };
            decode(&request.to_bytes().unwrap())
        };
        assert_eq!(joiner.take(&part(3)), Joined::Waiting(2));
        assert_eq!(joiner.take(&part(1)), Joined::Waiting(1));
        assert_eq!(joiner.take(&part(1)), Joined::Waiting(1), "a part sent again changes nothing");
        let Joined::Whole(report) = joiner.take(&part(2)) else { panic!("not whole") };
        let values: Vec<_> =
            report.readings.iter().map(|r| (r.id.as_str(), r.value, r.flag.as_deref())).collect();
        let want = [
            ("w01018", Some(40.1), Some("N")),
            ("w21003", Some(1.5), Some("M")),
            ("w21011", Some(0.3), None),
        ];
        assert_eq!(values, want, "cut at {a} and {b}");
        assert_eq!(joiner.unfinished(), 0);
    }
}

#[test]
fn parts_that_are_whole_by_themselves_come_out_of_the_splitter_and_back() {
    let items: Vec<String> = (0..60).map(|n| format!("w{n:05}-Avg={n}.5,w{n:05}-Flag=N")).collect();
    let areas = split("DataTime=20160801080000", &items);
    assert!(areas.len() > 1 && areas.iter().all(|a| a.len() <= wire::hj212::MAX_CP));
    let mut joiner = Joiner::default();
    let mut last = Joined::TooMany;
    for (n, cp) in areas.iter().enumerate() {
        let request = Request {
            qn: "20160801085857001".into(),
            st: "32".into(),
            cn: 2061,
            pw: String::new(),
            mn: "MN01".into(),
            flag: 6,
            packet: Some((areas.len() as u16, n as u16 + 1)),
            cp: cp.clone(),
        };
        last = joiner.take(&decode(&request.to_bytes().unwrap()));
    }
    let Joined::Whole(report) = last else { panic!("{last:?}") };
    assert_eq!(report.readings.len(), 60);
    assert!(report.remarks.problems.is_empty(), "{:?}", report.remarks.problems);
}

#[test]
fn thousands_of_unfinished_reports_hold_only_a_few() {
    let mut joiner = Joiner::default();
    for n in 0..3_000 {
        let text = format!("QN=1;ST=32;CN=2051;MN=M{n};Flag=6;PNUM=9;PNO=1;CP=&&DataTime=20160801080000&&");
        joiner.take(&decode(&packet_of(&text).unwrap()));
    }
    assert!(joiner.unfinished() <= 4);
    let text = "QN=1;ST=32;CN=2051;MN=M;Flag=6;PNUM=900;PNO=1;CP=&&&&";
    assert_eq!(joiner.take(&decode(&packet_of(text).unwrap())), Joined::TooMany);
}

#[test]
fn answers_have_the_standards_bytes() {
    let question = decode(
        b"##0087QN=20160801085857223;ST=32;CN=2011;PW=123456;MN=010000A8900016F000169DC0;Flag=5;CP=&&&&30C0",
    );
    assert!(question.remarks.is_trusted());
    let now = at("2016-08-01T08:58:58");
    let text = |request: Option<Request>| String::from_utf8(request.unwrap().to_bytes().unwrap()).unwrap();
    assert_eq!(
        text(data_answer(&question, now)),
        "##0087QN=20160801085857223;ST=91;CN=9014;PW=123456;MN=010000A8900016F000169DC0;Flag=4;CP=&&&&3240\r\n"
    );
    assert!(text(notice_answer(&question, now)).ends_with("2A80\r\n"));
    assert!(text(request_answer(&question, QnRtn::Ready, now)).ends_with("CP=&&QnRtn=1&&1B00\r\n"));
    assert_eq!(qn(now.plus_ms(223)), "20160801085858223");
    assert_eq!(digits(now), "20160801085858");
}

#[test]
fn a_value_that_would_break_the_packet_is_refused() {
    let mut request = decode_request();
    request.pw = "1;CN=9".to_owned();
    assert!(request.to_bytes().is_err());
    let mut request = decode_request();
    request.cp = "x".repeat(1_200);
    assert!(request.to_bytes().is_err());
}

fn decode_request() -> Request {
    Request {
        qn: "20160801085857223".into(),
        st: "32".into(),
        cn: 2011,
        pw: "123456".into(),
        mn: "MN01".into(),
        flag: 5,
        packet: None,
        cp: String::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(values in proptest::collection::vec((0_u32..99_999, 0_i32..100_000), 1..20), flag in 4_u8..6) {
        let mut cp = "DataTime=20160801085857".to_owned();
        for (code, value) in &values {
            cp.push_str(&format!(";w{code:05}-Avg={},w{code:05}-Flag=N", f64::from(*value) / 100.0));
        }
        let request = Request { cp, flag, cn: 2051, ..decode_request() };
        let packet = decode(&request.to_bytes().unwrap());
        prop_assert!(packet.remarks.problems.is_empty());
        prop_assert_eq!(packet.flag, Some(flag));
        let read: Vec<_> = packet.readings.iter().map(|r| r.value.unwrap()).collect();
        let want: Vec<_> = values.iter().map(|(_, value)| f64::from(*value) / 100.0).collect();
        prop_assert_eq!(read, want);
    }

    #[test]
    fn any_bytes_are_a_value(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,200}") {
        let packet = decode(&bytes);
        prop_assert!(packet.remarks.is_trusted() || packet.readings.is_empty());
        let _ = explain(&bytes);
        let line = json_line(&text);
        prop_assert!(line.contains("hj212"));
        let total: usize = pieces(&bytes, 7).iter().map(|p| match p { Piece::Frame(b) | Piece::Garbage(b) => b.len() }).sum();
        prop_assert!(total <= bytes.len());
    }
}

#[test]
fn counts_and_codes_have_no_unit_of_their_factor() {
    let packet = wire::hj212::encode::packet_of("QN=20250801085857223;ST=32;CN=2062;PW=1;MN=A;Flag=8;CP=&&DataTime=20250801084000;w01018-SampleRd=3.5,w01018-ResultType=1,w01018-ValidNum=10&&").unwrap();
    let units: Vec<_> = decode(&packet).readings.iter().map(|r| (r.field.clone(), r.unit)).collect();
    let of = |field: &str, unit: &'static str| (field.to_owned(), unit);
    assert_eq!(units, [of("SampleRd", "mg/L"), of("ResultType", ""), of("ValidNum", "")]);
}

#[test]
fn an_hour_without_its_time_is_the_one_that_ended_last() {
    for (cn, start) in [(2061, "2016-08-01T08:00"), (2031, "2016-07-31T00:00"), (2011, "2016-08-01T09:00")] {
        let segment = format!("QN=20160801090005223;ST=32;CN={cn};PW=1;MN=A;Flag=4;CP=&&w01018-Avg=3.5&&");
        let read = decode(&wire::hj212::encode::packet_of(&segment).unwrap());
        assert_eq!(read.readings[0].observed_at, at(start), "{cn}");
    }
}
