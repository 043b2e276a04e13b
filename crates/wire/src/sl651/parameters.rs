//! 参数: the parameters of SL 651-2014 tables D.1 (基本配置, 01H to 0FH) and D.4 (运行参数, 20H to A8H): how
//! long each is and how its value is written.

use super::problem::Problem;
use super::value::{Bcd, hex, read_bcd, write_bcd};

/// One parameter with its value.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Parameter {
    /// 标识符引导符 in hexadecimal, such as `20`.
    pub id: String,
    /// A decimal number, or hexadecimal digits where the table asks for HEX or leaves the length open.
    pub value: String,
}

/// How a parameter's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// N(D,d).
    Number(u8, u8),
    /// So many bytes.
    Bytes(usize),
    /// 不定长.
    Open,
    /// An identifier alone.
    Nothing,
}

fn shape(id: u8) -> Option<Shape> {
    use Shape::{Bytes, Nothing, Number, Open};
    Some(match id {
        0x01 => Bytes(4),
        0x02 => Bytes(5),
        0x03 => Bytes(2),
        0x04..=0x0B | 0x0E | 0x0F => Open,
        0x0C | 0x20..=0x22 | 0x24 | 0x27 => Number(2, 0),
        0x0D => Bytes(8),
        0x23 | 0x46 => Number(4, 0),
        0x25 | 0x26 | 0x48 => Number(2, 1),
        0x28..=0x2F => Number(7, 3),
        0x30..=0x37 | 0x43 => Number(5, 3),
        0x38..=0x3F | 0x47 | 0x49..=0x58 | 0x89..=0x8C => Number(4, 2),
        0x40 | 0x41 | 0x44 => Number(3, 2),
        0x42 => Number(6, 3),
        0x45 => Number(6, 0),
        0x59..=0x68 => Number(8, 2),
        0x69..=0x6C => Number(3, 1),
        0x6D..=0x70 => Number(4, 1),
        0x71 | 0x72 => Number(5, 0),
        0x73 | 0x74 => Number(5, 1),
        0x75 | 0x76 => Number(3, 0),
        0x77 | 0x78 => Number(6, 2),
        0x79 | 0x7A | 0x7F | 0x80 => Number(5, 2),
        0x7B | 0x7C => Number(7, 4),
        0x7D | 0x7E => Number(6, 4),
        0x81..=0x88 => Number(7, 5),
        0x8D..=0x96 | 0x99..=0xA8 => Number(11, 3),
        0x97 | 0x98 => Nothing,
        _ => return None,
    })
}

/// 中继站服务地址范围: its definition byte is a plain length (table D.1, 0EH).
const RELAY: u8 = 0x0E;

fn length(id: u8, definition: u8) -> usize {
    usize::from(if id == RELAY { definition } else { definition >> 3 })
}

fn definition(id: u8, bytes: usize, decimals: u8) -> u8 {
    let [low, ..] = bytes.to_le_bytes();
    if id == RELAY { low } else { low << 3 | decimals & 0x07 }
}

/// Reads identifiers with their data to the end of `bytes`, which begin at `at` in the frame.
pub(crate) fn read(bytes: &[u8], at: usize) -> Result<Vec<Parameter>, Problem> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while let [id, definition, tail @ ..] = rest {
        let need = length(*id, *definition);
        let here = at + bytes.len() - tail.len();
        let Some((data, after)) = tail.split_at_checked(need) else {
            return Err(Problem::BodyCut { field: hex(&[*id]), at: here, need, have: tail.len() });
        };
        found.push(Parameter { id: hex(&[*id]), value: value(*id, data, *definition & 0x07) });
        rest = after;
    }
    Ok(found)
}

fn value(id: u8, data: &[u8], decimals: u8) -> String {
    match (shape(id), read_bcd(data, decimals)) {
        (Some(Shape::Number(..)), Bcd::Number(number)) => format!("{number}"),
        _ => hex(data),
    }
}

/// The two bytes that ask for a parameter; `None` outside the tables.
pub(crate) fn identifier(id: u8) -> Option<[u8; 2]> {
    let (bytes, decimals) = match shape(id)? {
        Shape::Number(digits, decimals) => (usize::from(digits).div_ceil(2), decimals),
        Shape::Bytes(bytes) => (bytes, 0),
        // The length is the station's to say.
        Shape::Open | Shape::Nothing => (0, 0),
    };
    Some([id, definition(id, bytes, decimals)])
}

/// A parameter with its value as bytes; `None` when the table or the value does not allow it.
pub(crate) fn write(id: u8, value: &str) -> Option<Vec<u8>> {
    let (data, decimals) = match shape(id)? {
        Shape::Number(digits, decimals) => {
            let number: f64 = value.trim().parse().ok()?;
            (write_bcd(number, usize::from(digits).div_ceil(2), decimals)?, decimals)
        }
        Shape::Bytes(bytes) => {
            let data = super::json::bytes_of_hex(value).ok().filter(|data| data.len() == bytes)?;
            (data, 0)
        }
        Shape::Open => (super::json::bytes_of_hex(value).ok()?, 0),
        Shape::Nothing => return None,
    };
    let most = if id == RELAY { 255 } else { 31 };
    let fits = data.len() <= most;
    fits.then(|| {
        let mut out = vec![id, definition(id, data.len(), decimals)];
        out.extend(data);
        out
    })
}

/// The same as an ASCII body writes it: `20 1 `.
pub(crate) fn write_text(id: u8, value: &str) -> Option<String> {
    write(id, value).map(|_| format!("{id:02X} {} ", value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a station answered to 43H.
    const TABLE: &str =
        "20080121080522080823100300240805250910260910270802282300010000301B0002003812050040120003";

    #[test]
    fn a_real_table_is_read_and_written_again() {
        let bytes = super::super::json::bytes_of_hex(TABLE).unwrap();
        let found = read(&bytes, 0).unwrap();
        let value = |id: &str| found.iter().find(|p| p.id == id).unwrap().value.as_str();
        assert_eq!((value("20"), value("23"), value("25"), value("28")), ("1", "300", "1", "10"));
        let again: Vec<u8> = found
            .iter()
            .flat_map(|p| write(u8::from_str_radix(&p.id, 16).unwrap(), &p.value).unwrap())
            .collect();
        assert_eq!(hex(&again).get(..60), hex(&bytes).get(..60));
    }
}
