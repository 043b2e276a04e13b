//! Fixed columns as C's `sscanf` takes them (固定列扫描): widths count from where a figure begins.

/// A place in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a> {
    left: &'a [u8],
}

impl<'a> Scan<'a> {
    /// From a column on; `None` past the end.
    pub(super) fn at(line: &'a str, column: usize) -> Option<Self> {
        line.as_bytes().get(column..).map(|left| Self { left })
    }

    /// Skips blanks.
    pub(super) fn blanks(&mut self) {
        let n = self.left.iter().take_while(|c| c.is_ascii_whitespace()).count();
        self.left = self.left.get(n..).unwrap_or(&[]);
    }

    /// A whole number of at most `width` characters after blanks.
    pub(super) fn int(&mut self, width: usize) -> Option<i64> {
        self.blanks();
        let sign = usize::from(matches!(self.left.first(), Some(b'-' | b'+')));
        let digits = self.left.iter().take(width).skip(sign).take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        let (word, rest) = self.left.split_at_checked(sign + digits)?;
        self.left = rest;
        std::str::from_utf8(word).ok()?.parse().ok()
    }

    /// A word of at most `width` characters after blanks.
    pub(super) fn word(&mut self, width: usize) -> Option<&'a str> {
        self.blanks();
        let n = self.left.iter().take(width).take_while(|c| !c.is_ascii_whitespace()).count();
        let (word, rest) = self.left.split_at_checked(n)?;
        self.left = rest;
        std::str::from_utf8(word).ok().filter(|w| !w.is_empty())
    }

    /// The next character, whatever it is.
    pub(super) fn any(&mut self) -> Option<u8> {
        let (c, rest) = self.left.split_first()?;
        self.left = rest;
        Some(*c)
    }

    /// This character and no other.
    pub(super) fn is(&mut self, c: u8) -> Option<()> {
        self.left = self.left.strip_prefix(&[c])?;
        Some(())
    }

    /// A 32-bit figure after blanks, as far as one can be read.
    pub(super) fn single(&mut self) -> Option<f32> {
        self.blanks();
        let most = self.left.iter().take(64).take_while(|c| !c.is_ascii_whitespace()).count();
        let word = std::str::from_utf8(self.left.get(..most)?).ok()?;
        let n = (1..=word.len())
            .rev()
            .find(|n| word.get(..*n).is_some_and(|w| w.parse::<f32>().is_ok_and(f32::is_finite)))?;
        self.left = self.left.get(n..)?;
        word.get(..n)?.parse().ok()
    }
}
