//! CRC-16/MODBUS as SL 651-2014 uses it (6.2.3.9: x¹⁶+x¹⁵+x²+1, initial FFFF), sent high byte first.

const POLYNOMIAL: u16 = 0xA001;

const TABLE: [u16; 256] = table();

#[expect(clippy::indexing_slicing, reason = "const evaluation: the index runs over the array's own length")]
const fn table() -> [u16; 256] {
    let mut table = [0_u16; 256];
    let mut i = 0;
    while i < 256 {
        let mut crc = i as u16;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[i] = crc;
        i += 1;
    }
    table
}

/// The check value of `bytes`.
#[must_use]
pub fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        let [low, _] = (crc ^ u16::from(*byte)).to_le_bytes();
        let step = TABLE.get(usize::from(low)).copied().unwrap_or_default();
        (crc >> 8) ^ step
    })
}

#[cfg(test)]
mod tests {
    use super::crc16;

    #[test]
    fn the_check_value_of_the_usual_nine_digits_is_4b37() {
        assert_eq!(crc16(b"123456789"), 0x4B37);
    }
}
