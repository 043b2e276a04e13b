//! `zhizhen decode`: explains frames. One line in, one JSON object out, whatever is wrong with the line.

use crate::out;
use anyhow::{Result, bail};
use std::io::BufRead;
use std::process::ExitCode;

/// Longest line read: a frame of the longest protocol in hexadecimal, with room for blanks.
const MAX_LINE: usize = 64 * 1024;

/// Decodes the frame, or every line of standard input for `-`.
pub(crate) fn run(protocol: &str, frame: &str) -> Result<ExitCode> {
    let Some(protocol) = wire::PROTOCOLS.iter().find(|p| p.name == protocol) else {
        let known: Vec<&str> = wire::PROTOCOLS.iter().map(|p| p.name).collect();
        bail!("there is no protocol `{protocol}`; known are: {}", known.join(", "));
    };
    if frame != "-" {
        out::line((protocol.json_line)(frame))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut input = std::io::stdin().lock();
    while let Some(line) = read_line(&mut input)? {
        out::line((protocol.json_line)(&line))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The next line, cut at [`MAX_LINE`]; bytes that are no text become signs that are no hexadecimal digit.
fn read_line(input: &mut impl BufRead) -> Result<Option<String>> {
    let mut line = Vec::new();
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok((!line.is_empty()).then(|| text(&line)));
        }
        let end = part.iter().position(|b| *b == b'\n');
        let taken = end.map_or(part.len(), |e| e + 1);
        let room = MAX_LINE.saturating_sub(line.len());
        line.extend(part.iter().take(taken.min(room)));
        input.consume(taken);
        if end.is_some() {
            return Ok(Some(text(&line)));
        }
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_order_with_empty_and_broken_ones() {
        let mut input: &[u8] = b"7E7E\r\n\n\xff\xfe\nlast";
        let lines: Vec<String> = std::iter::from_fn(|| read_line(&mut input).unwrap()).collect();
        assert_eq!(lines, ["7E7E", "", "\u{fffd}\u{fffd}", "last"]);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory() {
        let long = vec![b'7'; 3 * MAX_LINE];
        let mut input: &[u8] = &long;
        assert_eq!(read_line(&mut input).unwrap().unwrap().len(), MAX_LINE);
    }
}
