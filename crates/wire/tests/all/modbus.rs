//! Modbus: two public captures, every pair of request and answer, maps, and what must not pass.

use crate::support::hex;
use proptest::prelude::*;
use wire::cut::{Piece, StreamCutter};
use wire::modbus::*;

/// TCP payloads of a capture in libpcap's classic form (Ethernet, IPv4), with whether a client sent
/// them. Small on purpose: nothing is put together again.
pub(crate) fn payloads(name: &str) -> Option<Vec<(bool, Vec<u8>)>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/protocols/modbus/");
    let Ok(file) = std::fs::read(format!("{folder}{name}")) else {
        eprintln!("skipped: ../shared is not here");
        return None;
    };
    assert_eq!(file[..4], [0xD4, 0xC3, 0xB2, 0xA1], "little-endian libpcap");
    let mut at = 24;
    let mut out = Vec::new();
    while let Some(header) = file.get(at..at + 16) {
        let length = u32::from_le_bytes(header[8..12].try_into().unwrap()) as usize;
        let packet = &file[at + 16..at + 16 + length];
        at += 16 + length;
        if packet[12..14] != [8, 0] || packet[23] != 6 {
            continue;
        }
        let ip = &packet[14..];
        let total = usize::from(u16::from_be_bytes([ip[2], ip[3]]));
        let tcp = &ip[usize::from(ip[0] & 15) * 4..total];
        let payload = &tcp[usize::from(tcp[12] >> 4) * 4..];
        if !payload.is_empty() {
            out.push((tcp[2..4] == [0x01, 0xF6], payload.to_vec()));
        }
    }
    Some(out)
}

/// What became of the capture's packets: asked, answered, exceptions, odd, refused.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    requests: usize,
    answers: usize,
    exceptions: usize,
    odd: Vec<&'static str>,
    refused: Vec<&'static str>,
}

fn seen(name: &str) -> Option<Seen> {
    let mut seen = Seen::default();
    for (from_client, payload) in payloads(name)? {
        let Some((frame, length)) = Frame::first_tcp(&payload) else {
            seen.refused.push(decode(&payload).problems[0].code);
            continue;
        };
        let mut problems = Vec::new();
        if from_client {
            match Request::decode(&frame.pdu, &mut problems) {
                Ok(request) => {
                    seen.requests += 1;
                    if problems.is_empty() && length == payload.len() {
                        assert_eq!(request.to_pdu(), frame.pdu);
                    }
                }
                Err(fault) => seen.refused.push(fault.code),
            }
        } else {
            match Answer::decode(&frame.pdu, &mut problems) {
                Ok(answer) => {
                    seen.answers += 1;
                    seen.exceptions += usize::from(matches!(answer, Answer::Exception { .. }));
                    if problems.is_empty() && length == payload.len() {
                        assert_eq!(answer.to_pdu(), frame.pdu);
                    }
                }
                Err(fault) => seen.refused.push(fault.code),
            }
        }
        if length == payload.len() {
            assert_eq!(frame.to_bytes(), payload);
        } else {
            seen.odd.push("bytes_after_frame");
        }
        seen.odd.extend(problems.iter().map(|fault| fault.code));
    }
    seen.odd.sort_unstable();
    seen.refused.sort_unstable();
    Some(seen)
}

#[test]
fn every_packet_of_both_captures_is_read_or_refused_for_a_named_reason() {
    let (Some(one), Some(two)) = (seen("modbus_test_data_part1.pcap"), seen("modbus_test_data_part2.pcap"))
    else {
        return;
    };
    // A tool that sends oversized frames, padded exceptions, and protocol number 16.
    assert_eq!((one.requests, one.answers, one.exceptions), (18, 28, 14), "{one:?}");
    assert_eq!(one.refused, ["bad_length", "bad_length", "not_modbus", "not_modbus"]);
    assert!(one.odd.contains(&"extra_bytes") && one.odd.contains(&"bytes_after_frame"), "{one:?}");
    // Every function code once, most of them refused by the device; two requests end before their byte
    // count.
    assert_eq!((two.requests, two.answers), (139, 140), "{two:?}");
    assert_eq!(two.refused, ["too_short", "too_short"]);
    assert_eq!(two.exceptions, 130, "{two:?}");
}

#[test]
fn the_values_of_the_capture_are_those_on_the_wire() {
    // Holding registers 5 and 6 of unit 10: 9 and 24; coils 0 to 7 of unit 1: 10101000.
    let row = decode(&hex("0001000000060A0300050002 0001000000070A030400090018"));
    let values: Vec<(&str, Option<f64>)> = row.readings.iter().map(|r| (r.id.as_str(), r.value)).collect();
    assert_eq!(values, [("holding:5", Some(9.0)), ("holding:6", Some(24.0))]);
    assert_eq!(row.problems, []);
    let row = decode(&hex("000000000006010100000008 00000000000401010115"));
    let on: Vec<usize> = (0..8).filter(|n| row.readings[*n].value == Some(1.0)).collect();
    assert_eq!((row.readings.len(), on), (8, vec![0, 2, 4]));
    let identity = Answer::decode(&hex("11 12 00 FF 57696E6770617468204C696D69746564"), &mut vec![]).unwrap();
    assert!(matches!(identity, Answer::Other { function: 17, .. }));
}

fn requests() -> Vec<Request> {
    vec![
        Request::Read { table: Table::Coil, address: 19, count: 37 },
        Request::Read { table: Table::Discrete, address: 196, count: 22 },
        Request::Read { table: Table::Holding, address: 107, count: 3 },
        Request::Read { table: Table::Input, address: 8, count: 1 },
        Request::WriteCoil { address: 172, on: true },
        Request::WriteRegister { address: 1, value: 3 },
        Request::WriteCoils {
            address: 19,
            bits: vec![true, false, true, true, false, false, true, true, true, false],
        },
        Request::WriteRegisters { address: 1, values: vec![10, 258] },
        Request::MaskWrite { address: 4, and: 0xF2, or: 0x25 },
        Request::ReadWrite { address: 3, count: 6, write_address: 14, values: vec![255, 255, 255] },
        Request::Identify { level: 1, object: 0 },
    ]
}

/// The examples of the specification (V1.1b3 section 6), request and answer.
const EXAMPLES: [(&str, &str); 11] = [
    ("01 0013 0025", "01 05 CD6BB20E1B"),
    ("02 00C4 0016", "02 03 ACDB35"),
    ("03 006B 0003", "03 06 022B 0000 0064"),
    ("04 0008 0001", "04 02 000A"),
    ("05 00AC FF00", "05 00AC FF00"),
    ("06 0001 0003", "06 0001 0003"),
    ("0F 0013 000A 02 CD01", "0F 0013 000A"),
    ("10 0001 0002 04 000A 0102", "10 0001 0002"),
    ("16 0004 00F2 0025", "16 0004 00F2 0025"),
    ("17 0003 0006 000E 0003 06 00FF 00FF 00FF", "17 0C 00FE 0ACD 0001 0003 000D 00FF"),
    ("2B 0E 01 00", "2B 0E 01 01 00 00 01 00 03 414243"),
];

#[test]
fn the_examples_of_the_specification_are_written_and_read_to_the_byte() {
    for (request, (asked, answered)) in requests().into_iter().zip(EXAMPLES) {
        assert_eq!(request.to_pdu(), hex(asked));
        assert_eq!(Request::decode(&hex(asked), &mut vec![]), Ok(request.clone()));
        let answer = Answer::decode(&hex(answered), &mut vec![]).unwrap();
        assert_eq!(answer.to_pdu(), hex(answered));
        assert!(answer.answers(&request), "{answer:?} {request:?}");
        let refused =
            Answer::Exception { function: request.function(), exception: Exception::ILLEGAL_ADDRESS };
        assert_eq!(Answer::decode(&refused.to_pdu(), &mut vec![]), Ok(refused.clone()));
        assert!(refused.answers(&request));
    }
}

fn rtu_rows() -> Vec<Vec<u8>> {
    let pair = |asked: &str, answered: &str| {
        let mut row = Frame::rtu(17, hex(asked)).to_bytes();
        row.extend(Frame::rtu(17, hex(answered)).to_bytes());
        row
    };
    EXAMPLES.iter().map(|(asked, answered)| pair(asked, answered)).collect()
}

#[test]
fn two_registers_from_address_0_asked_for_in_rtu_form_are_no_tcp_frame() {
    // The length field of a TCP frame would be 0002, so both forms fit; only RTU's check value speaks.
    for (text, unit, table) in
        [("010300000002C40B", 1, Table::Holding), ("010400000002 71CB", 1, Table::Input)]
    {
        let row = decode(&hex(text));
        assert_eq!((row.transport, row.problems.as_slice()), (Some(Transport::RtuOverTcp), [].as_slice()));
        assert_eq!(row.parts[0].unit, unit);
        let Body::Request(Request::Read { table: of, address, count }) = &row.parts[0].body else {
            panic!("{:?}", row.parts)
        };
        assert_eq!((*of, *address, *count), (table, 0, 2));
    }
    // A bare function code in TCP form stays one.
    assert_eq!(decode(&hex("00010000000201 11")).transport, Some(Transport::Tcp));
}

#[test]
fn no_flipped_bit_of_an_rtu_frame_panics_or_passes() {
    for row in rtu_rows() {
        assert!(
            decode(&row).is_trusted() && decode(&row).transport == Some(Transport::RtuOverTcp),
            "{row:02X?}"
        );
        for bit in 0..row.len() * 8 {
            let mut broken = row.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            let read = decode(&broken);
            assert!(!read.is_trusted(), "bit {bit} of {row:02X?}: {read:?}");
        }
    }
}

#[test]
fn a_flipped_bit_of_a_captured_tcp_frame_never_panics_and_stays_in_its_field() {
    for name in ["modbus_test_data_part1.pcap", "modbus_test_data_part2.pcap"] {
        for (_, payload) in payloads(name).unwrap_or_default() {
            let sound = decode(&payload);
            // The tool's 400-byte frames repeat themselves: their first 64 bytes say it all.
            for bit in 0..payload.len().min(64) * 8 {
                let mut broken = payload.clone();
                broken[bit / 8] ^= 1 << (bit % 8);
                let read = explain(&broken);
                assert!(read.fields.iter().all(|field| field.end <= broken.len() && field.start < field.end));
                let in_header = (2 * 8..6 * 8).contains(&bit);
                if in_header && sound.is_trusted() {
                    // Protocol and length are all the check there is.
                    assert!(!decode(&broken).is_trusted(), "{bit} {broken:02X?}");
                }
            }
        }
    }
}

const MAP: &str = r#"
name = "test"
word_order = "CDAB"
gap = 4
time = { table = "holding", address = 0, type = "u32" }
[[element]]
id = "level"
table = "holding"
address = 4
type = "f32"
unit = "m"
[[element]]
id = "pump"
table = "holding"
address = 6
type = "bit"
bit = 3
writable = true
[[element]]
id = "volt"
table = "holding"
address = 20
scale = 0.1
offset = -5.0
missing = [65535]
writable = true
[[element]]
id = "door"
table = "discrete"
address = 9
type = "bit"
"#;

#[test]
fn neighbours_are_read_together_within_gap_and_limit() {
    let map = Map::parse(MAP).unwrap();
    let block = |table, address, count| Block { table, address, count };
    assert_eq!(
        blocks(&map),
        [block(Table::Discrete, 9, 1), block(Table::Holding, 0, 7), block(Table::Holding, 20, 1)]
    );
    let tight = Map::parse(&MAP.replace("gap = 4", "gap = 1\nmax_registers = 2")).unwrap();
    let holding: Vec<(u16, u16)> =
        blocks(&tight).iter().filter(|b| b.table == Table::Holding).map(|b| (b.address, b.count)).collect();
    assert_eq!(holding, [(0, 2), (4, 2), (6, 1), (20, 1)]);
}

/// A stored poll: heading, and each block with its answer.
fn poll(map: &Map, answers: &[Answer]) -> Vec<u8> {
    let mut raw = note(3, map.key());
    for (n, (block, answer)) in blocks(map).iter().zip(answers).enumerate() {
        raw.extend(block.request().frame(Transport::Tcp, n as u16, 3).to_bytes());
        raw.extend(answer.frame(Transport::Tcp, n as u16, 3).to_bytes());
    }
    raw
}

#[test]
fn a_stored_poll_is_explained_by_the_map_it_names() {
    let map = install(MAP).unwrap();
    let words = vec![0xE5F4, 0x60DB, 7, 7, 0x0000, 0x4228, 0x0008];
    let raw = poll(
        &map,
        &[
            Answer::Bits {
                table: Table::Discrete,
                bits: vec![true, false, false, false, false, false, false, false],
            },
            Answer::Registers { table: Table::Holding, values: words },
            Answer::Exception { function: 3, exception: Exception::ILLEGAL_ADDRESS },
        ],
    );
    let row = decode(&raw);
    assert_eq!(row.problems, []);
    let values: Vec<(&str, Option<f64>, Option<&str>)> =
        row.readings.iter().map(|r| (r.id.as_str(), r.value, r.why)).collect();
    assert_eq!(
        values,
        [
            ("level", Some(42.0), None),
            ("pump", Some(1.0), None),
            ("volt", None, Some("illegal_address")),
            ("door", Some(1.0), None),
        ]
    );
    assert_eq!(row.observed_at.unwrap().ms(), 0x60DB_E5F4_i64 * 1_000);
    let fields = explain(&raw).fields;
    let level = fields.iter().find(|f| f.name == "element:level").unwrap();
    assert_eq!(raw[level.start..level.end], [0x00, 0x00, 0x42, 0x28]);
    assert!(fields.iter().any(|f| f.name == "exception:illegal_address"));
    // Another version of the map is not this one.
    let stranger = [note(3, "test@00000000"), raw[note(3, map.key()).len()..].to_vec()].concat();
    let plain = decode(&stranger);
    assert_eq!(plain.problems[0].code, "unknown_map");
    assert!(plain.readings.iter().any(|r| r.id == "holding:4"));
}

#[test]
fn a_request_that_nobody_answered_leaves_its_elements_without_value_and_says_so() {
    let map = install(MAP).unwrap();
    let mut raw = note(3, map.key());
    for (n, block) in blocks(&map).iter().enumerate() {
        raw.extend(block.request().frame(Transport::Tcp, n as u16, 3).to_bytes());
    }
    let row = decode(&raw);
    assert_eq!(row.readings.len(), 4);
    assert!(row.readings.iter().all(|r| r.value.is_none() && r.why == Some("no_answer")), "{row:?}");
}

#[test]
fn a_write_has_its_read_back_and_what_may_not_be_written_is_refused() {
    let map = Map::parse(MAP).unwrap();
    let (write, back) = map.write("volt", 7.5).unwrap();
    assert_eq!(write, Request::WriteRegister { address: 20, value: 125 });
    assert_eq!(back, Request::Read { table: Table::Holding, address: 20, count: 1 });
    let (write, _) = map.write("pump", 1.0).unwrap();
    assert_eq!(write, Request::MaskWrite { address: 6, and: !8, or: 8 });
    assert!(map.write("level", 1.0).unwrap_err().contains("not writable"));
    assert!(map.write("volt", 1.0e9).unwrap_err().contains("does not fit"));
    assert!(map.write("none", 1.0).is_err());
}

#[test]
fn a_broken_map_is_refused_with_the_element_and_the_remedy() {
    let refused = |from: &str, to: &str| Map::parse(&MAP.replace(from, to)).unwrap_err().to_string();
    assert!(refused("bit = 3", "bit = 16").contains("`pump`: bit is 0 to 15"));
    assert!(refused("address = 20", "adress = 20").contains("adress"));
    assert!(refused("id = \"volt\"", "id = \"level\"").contains("stands twice"));
    assert!(refused("scale = 0.1", "scale = 0.0").contains("scale"));
    assert!(refused("address = 20", "address = 65536").contains("65536"));
    assert!(
        refused("table = \"discrete\"", "table = \"discrete\"\nwritable = true")
            .contains("cannot be written")
    );
}

#[test]
fn the_bundled_maps_are_sound() {
    for (name, text) in BUNDLED {
        let map = install(text).unwrap();
        assert_eq!(map.name, *name);
        assert!(installed(map.key()).is_some());
        assert!(!blocks(&map).is_empty());
    }
}

#[test]
fn a_line_is_one_object_whatever_is_wrong_with_it() {
    for (line, code) in [
        ("", "empty"),
        ("00 0", "odd_hex"),
        ("zz", "not_hex"),
        ("0001 1000 0006 0A 01 0001 0003", "not_modbus"),
        ("0001 0000 0009 0A 01 0001 0003", "bad_length"),
        ("0001 0000 0005 0A 03 03 0001", "too_short"),
        ("11 03 06 022B 0000 0064 C8BB", "not_modbus"),
    ] {
        let object: serde_json::Value = serde_json::from_str(&json_line(line)).unwrap();
        assert!(object["problems"][0].as_str().unwrap().starts_with(code), "{line}: {object}");
        assert_eq!(object["readings"], serde_json::json!([]), "{line}");
    }
    let rtu = Frame::rtu(17, hex("03 06 022B 0000 0064")).to_bytes();
    let text: String = rtu.iter().map(|b| format!("{b:02x} ")).collect();
    let object: serde_json::Value = serde_json::from_str(&json_line(&text)).unwrap();
    assert_eq!((&object["transport"], &object["unit"]), (&"rtu_over_tcp".into(), &17.into()), "{object}");
    assert_eq!(object["readings"][0]["value"], 555.0);
}

fn any_request() -> impl Strategy<Value = Request> {
    let table =
        prop_oneof![Just(Table::Coil), Just(Table::Discrete), Just(Table::Input), Just(Table::Holding)];
    let words = || proptest::collection::vec(any::<u16>(), 1..=MAX_WRITE);
    prop_oneof![
        (table, any::<u16>(), 1..=MAX_REGISTERS).prop_map(|(table, address, count)| Request::Read {
            table,
            address,
            count
        }),
        (any::<u16>(), any::<bool>()).prop_map(|(address, on)| Request::WriteCoil { address, on }),
        (any::<u16>(), any::<u16>()).prop_map(|(address, value)| Request::WriteRegister { address, value }),
        (any::<u16>(), proptest::collection::vec(any::<bool>(), 1..1968))
            .prop_map(|(address, bits)| Request::WriteCoils { address, bits }),
        (any::<u16>(), words()).prop_map(|(address, values)| Request::WriteRegisters { address, values }),
        (any::<u16>(), any::<u16>(), any::<u16>()).prop_map(|(address, and, or)| Request::MaskWrite {
            address,
            and,
            or
        }),
        (any::<u16>(), 1..=MAX_REGISTERS, any::<u16>(), proptest::collection::vec(any::<u16>(), 1..=121))
            .prop_map(|(address, count, write_address, values)| Request::ReadWrite {
                address,
                count,
                write_address,
                values
            }),
        (1_u8..=4, any::<u8>()).prop_map(|(level, object)| Request::Identify { level, object }),
    ]
}

/// A right answer to a request.
fn answer_to(request: &Request, word: u16) -> Answer {
    match request {
        Request::Read { table, count, .. } if table.is_bits() => Answer::Bits {
            table: *table,
            bits: (0..count.div_ceil(8) * 8).map(|n| word >> (n % 16) & 1 == 1).collect(),
        },
        Request::Read { table, count, .. } => {
            Answer::Registers { table: *table, values: vec![word; usize::from(*count)] }
        }
        Request::WriteCoil { address, on } => Answer::WroteCoil { address: *address, on: *on },
        Request::WriteRegister { address, value } => {
            Answer::WroteRegister { address: *address, value: *value }
        }
        Request::WriteCoils { address, bits } => {
            Answer::WroteCoils { address: *address, count: bits.len() as u16 }
        }
        Request::WriteRegisters { address, values } => {
            Answer::WroteRegisters { address: *address, count: values.len() as u16 }
        }
        Request::MaskWrite { address, and, or } => {
            Answer::MaskWrote { address: *address, and: *and, or: *or }
        }
        Request::ReadWrite { count, .. } => Answer::ReadWrote { values: vec![word; usize::from(*count)] },
        _ => Answer::Identity { level: 1, conformity: 1, next: None, objects: vec![(0, b"ABC".to_vec())] },
    }
}

proptest! {
    #[test]
    fn whatever_is_written_is_read_back_the_same_in_either_envelope(
        request in any_request(), word: u16, transaction: u16, unit: u8, cut in 1_usize..40,
    ) {
        let answer = answer_to(&request, word);
        prop_assert!(answer.answers(&request));
        prop_assert_eq!(Request::decode(&request.to_pdu(), &mut vec![]), Ok(request.clone()));
        prop_assert_eq!(Answer::decode(&answer.to_pdu(), &mut vec![]), Ok(answer.clone()));
        for (transport, framing) in [(Transport::Tcp, MBAP), (Transport::RtuOverTcp, RTU_ANSWERS)] {
            let frame = answer.frame(transport, transaction, unit).to_bytes();
            let mut row = request.frame(transport, transaction, unit).to_bytes();
            row.extend(&frame);
            let read = decode(&row);
            prop_assert!(read.is_trusted(), "{:?}", read.problems);
            let bodies: Vec<Body> = read.parts.iter().map(|part| part.body.clone()).collect();
            prop_assert_eq!(bodies, vec![Body::Request(request.clone()), Body::Answer(answer.clone())]);
            // A stream of answers in pieces of any size.
            let mut cutter = StreamCutter::new(framing);
            let mut pieces = Vec::new();
            for chunk in [frame.clone(), frame.clone()].concat().chunks(cut) {
                cutter.feed(chunk, |piece| pieces.push(piece));
            }
            prop_assert_eq!(pieces, vec![Piece::Frame(frame.clone()), Piece::Frame(frame)]);
        }
    }

    #[test]
    fn any_bytes_are_a_value_and_never_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let read = explain(&bytes);
        prop_assert!(read.fields.iter().all(|field| field.start < field.end && field.end <= bytes.len()));
        let _ = json_line(&String::from_utf8_lossy(&bytes));
    }
}
