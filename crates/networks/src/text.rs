//! The text of an `.inp` file: sections of aligned columns.

use std::fmt::Write;

/// A model file in the making.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Begins a section with a comment that names its columns.
    pub(crate) fn section(&mut self, name: &str, columns: &str) {
        // Writing to a string cannot fail.
        let _infallible = write!(self.0, "\n[{name}]\n");
        if !columns.is_empty() {
            let _infallible = writeln!(self.0, ";{columns}");
        }
    }

    /// A line of words.
    pub(crate) fn line(&mut self, words: &str) {
        self.0.push_str(words);
        self.0.push('\n');
    }

    /// The whole file.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// A number without superfluous digits.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}
