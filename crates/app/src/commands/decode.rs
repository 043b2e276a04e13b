//! `zhizhen decode`: explains frames. One line in, one JSON object out, whatever is wrong with the line.

use crate::out;
use anyhow::{Result, bail};
use std::io::BufRead;
use std::path::Path;
use std::process::ExitCode;
use wire::json_push::{self, Mapping};

/// Longest line read: the largest MQTT packet in hexadecimal with blanks, the largest body whose bytes are
/// kept many times over.
const MAX_LINE: usize = 4 * 1024 * 1024;

/// Decodes the frame, or every line of standard input for `-`; JSON by a mapping's file where there is one.
pub(crate) fn run(protocol: &str, frame: &str, mapping: Option<&Path>) -> Result<ExitCode> {
    let Some(protocol) = wire::meant(protocol) else {
        let known: Vec<&str> = wire::PROTOCOLS.iter().map(|p| p.name).collect();
        bail!("there is no protocol `{protocol}`; known are: {}", known.join(", "));
    };
    let mapping = mapping.map(|path| read_mapping(protocol, path)).transpose()?;
    let explained = |line: &[u8]| match &mapping {
        Some(mapping) => json_push::mapped(mapping, wire::protocol::plain(line)).decoded.to_string(),
        None => protocol.line(line),
    };
    if frame != "-" {
        out::line(explained(frame.as_bytes()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut input = std::io::stdin().lock();
    while let Some(line) = read_line(&mut input)? {
        out::line(match line {
            Line::Whole(bytes) => explained(&bytes),
            Line::TooLong => protocol.too_long(MAX_LINE),
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

fn read_mapping(protocol: &wire::Protocol, path: &Path) -> Result<Mapping> {
    if protocol.name != json_push::NAME {
        bail!("`{}` needs no mapping: only `{}` is read by one", protocol.name, json_push::NAME);
    }
    crate::config::json_mapping(path)
}

/// A line of the input, without its end.
#[derive(Debug, PartialEq)]
enum Line {
    Whole(Vec<u8>),
    /// Longer than [`MAX_LINE`]: passed over.
    TooLong,
}

fn read_line(input: &mut impl BufRead) -> Result<Option<Line>> {
    let (mut line, mut length) = (Vec::new(), 0_usize);
    loop {
        let part = input.fill_buf()?;
        if part.is_empty() {
            return Ok((length > 0).then(|| ended(line, length)));
        }
        let end = part.iter().position(|b| *b == b'\n');
        let taken = end.map_or(part.len(), |e| e + 1);
        let room = MAX_LINE.saturating_sub(line.len());
        line.extend(part.iter().take(taken.min(room)));
        length += taken;
        input.consume(taken);
        if end.is_some() {
            return Ok(Some(ended(line, length)));
        }
    }
}

fn ended(line: Vec<u8>, length: usize) -> Line {
    if length > MAX_LINE { Line::TooLong } else { Line::Whole(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_in_order_with_empty_and_broken_ones() {
        let mut input: &[u8] = b"7E7E\r\n\n\xff\xfe\nlast";
        let lines: Vec<Line> = std::iter::from_fn(|| read_line(&mut input).unwrap()).collect();
        let whole = |bytes: &[u8]| Line::Whole(bytes.to_vec());
        assert_eq!(lines, [whole(b"7E7E\r\n"), whole(b"\n"), whole(b"\xff\xfe\n"), whole(b"last")]);
    }

    #[test]
    fn a_line_without_end_does_not_fill_the_memory_and_is_called_too_long() {
        let long = [vec![b'7'; 3 * MAX_LINE], b"\n7E\n".to_vec()].concat();
        let mut input: &[u8] = &long;
        assert_eq!(read_line(&mut input).unwrap(), Some(Line::TooLong));
        assert_eq!(read_line(&mut input).unwrap(), Some(Line::Whole(b"7E\n".to_vec())));
    }
}
