//! Text of a model's file, whatever its encoding: UTF-8, GB 18030 (国标) or Latin-1.

use anyhow::{Context, Result};
use std::path::Path;

/// Reads a model's file as text.
pub(crate) fn read(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(text(&bytes))
}

/// The text of these bytes. What is not UTF-8 is GB 18030 when it reads as Chinese throughout, else Latin-1,
/// which gives every byte a character: names stay distinct.
pub(crate) fn text(bytes: &[u8]) -> String {
    if std::str::from_utf8(bytes).is_err()
        && let Some(chinese) = encoding_rs::GB18030.decode_without_bom_handling_and_without_replacement(bytes)
        && reads_as_chinese(&chinese)
    {
        return chinese.into_owned();
    }
    numerics::inp::decode(bytes).as_str().to_owned()
}

/// Latin-1 text can be valid GB 18030 by chance, but its pairs then fall on signs and rare characters
/// as often as on the everyday ones.
fn reads_as_chinese(text: &str) -> bool {
    let foreign = || text.chars().filter(|c| !c.is_ascii());
    let everyday = |c: &char| {
        let mut utf8 = [0; 4];
        let (bytes, ..) = encoding_rs::GBK.encode(c.encode_utf8(&mut utf8));
        matches!(*bytes, [0xA1..=0xF7, 0xA1..=0xFE])
    };
    let all = foreign().count();
    all > 0 && foreign().filter(everyday).count() * 10 >= all * 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_western_and_unicode_files_are_told_apart() {
        let chinese = "[JUNCTIONS]\n;城北水厂出口\n稠江1 80\n[PIPES]\n苏溪干管 稠江1 廿三里 100 300 110\n";
        let (gb, ..) = encoding_rs::GB18030.encode(chinese);
        assert_eq!(text(&gb), chinese);
        assert_eq!(text(chinese.as_bytes()), chinese);
        assert_eq!(text(b"[TITLE]\nR\xE9seau de Cr\xE9teil\n"), "[TITLE]\nR\u{e9}seau de Cr\u{e9}teil\n");
    }
}
