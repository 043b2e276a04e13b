//! A photo from the spot: a small picture made of the order's number, a valid PNG of a few kilobytes.
//! It shows a gradient and claims nothing: it is synthetic like the person who took it.

use crate::dice::Dice;

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

/// The picture of an order, as PNG (ISO/IEC 15948) with stored (uncompressed) data.
pub(super) fn png(order: i64) -> Vec<u8> {
    let mut dice = Dice::of(0, "photo", order);
    let tint = [dice.below(200), dice.below(200), dice.below(200)];
    let mut rows = Vec::new();
    for y in 0..HEIGHT {
        rows.push(0);
        for x in 0..WIDTH {
            rows.extend(tint.map(|t| u8::try_from(t + ((x + y) as usize) / 2).unwrap_or(u8::MAX)));
        }
    }
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    // Eight bits, red-green-blue, deflate, adaptive filter, not interlaced.
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, b"IHDR", &header);
    chunk(&mut file, b"IDAT", &stored(&rows));
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut sum = crc32fast::Hasher::new();
    sum.update(name);
    sum.update(data);
    file.extend(name);
    file.extend(data);
    file.extend(sum.finalize().to_be_bytes());
}

/// A zlib stream of stored blocks (RFC 1950, RFC 1951 §3.2.4).
fn stored(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = data.chunks(usize::from(u16::MAX));
    let last = blocks.len().saturating_sub(1);
    for (number, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        stream.push(u8::from(number == last));
        stream.extend(length.to_le_bytes());
        stream.extend((!length).to_le_bytes());
        stream.extend(block);
    }
    stream.extend(adler32(data).to_be_bytes());
    stream
}

/// RFC 1950 §8.2.
fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adler_sums_the_standard_example() {
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }

    #[test]
    fn two_orders_have_two_pictures_of_a_few_kilobytes() {
        assert!(png(1).starts_with(b"\x89PNG") && png(1) != png(2));
        assert!(png(1).len() < 16_384);
    }
}
