//! The check value of HJ 212 (2017 annex A). It is *not* CRC-16/MODBUS: the register is shifted right
//! by eight before the byte goes in, so its low byte is thrown away.

const POLYNOMIAL: u16 = 0xA001;

/// The check value of a data segment.
#[must_use]
pub fn crc16(segment: &[u8]) -> u16 {
    segment.iter().fold(0xFFFF_u16, |register, byte| {
        let mut register = (register >> 8) ^ u16::from(*byte);
        for _ in 0..8 {
            let low = register & 1;
            register >>= 1;
            if low == 1 {
                register ^= POLYNOMIAL;
            }
        }
        register
    })
}

#[cfg(test)]
mod tests {
    use super::crc16;

    #[test]
    fn the_worked_example_of_the_standard_gives_1c80() {
        let segment: &[u8] = b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;CP=&&RtdInterval=30&&";
        assert_eq!(crc16(segment), 0x1C80);
    }
}
