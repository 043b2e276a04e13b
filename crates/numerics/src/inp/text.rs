//! Sections, lines and tokens (分节、行、词) of a project file's text.

use std::borrow::Cow;

/// What parts the tokens of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separators {
    /// Spaces and tabs: SWMM.
    Blanks,
    /// Spaces, tabs and commas: EPANET.
    BlanksAndCommas,
}

impl Separators {
    const fn parts(self, byte: u8) -> bool {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => true,
            b',' => matches!(self, Self::BlanksAndCommas),
            _ => false,
        }
    }
}

/// One line that is neither blank nor only a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// The line without its end and without its comment.
    pub text: &'a str,
    /// What stands after the first `;`, if anything.
    pub comment: &'a str,
    /// The words; text in double quotes is one word, without its quotes.
    pub tokens: Vec<&'a str>,
}

impl<'a> Line<'a> {
    /// The word at `index`, or an empty one.
    #[must_use]
    pub fn token(&self, index: usize) -> &'a str {
        self.tokens.get(index).copied().unwrap_or("")
    }
}

/// A heading in brackets and the lines under it. A heading that stands twice makes two sections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section<'a> {
    /// The name as written, without brackets.
    pub name: &'a str,
    /// Line of the heading.
    pub line: usize,
    /// Its lines.
    pub lines: Vec<Line<'a>>,
    /// Every line of the section as it stands, blank ones and comments too: titles and notes.
    pub raw: Vec<&'a str>,
}

impl Section<'_> {
    /// True when this section's name begins with `keyword`, whatever the case: both engines
    /// recognise `[RAINGAGES]` by `[RAINGAGE`.
    #[must_use]
    pub fn is(&self, keyword: &str) -> bool {
        starts_with(self.name, keyword)
    }
}

/// A project file cut into sections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document<'a> {
    /// Lines that stand before the first heading (neither engine reads them).
    pub before: Vec<Line<'a>>,
    /// The sections in the file's order, up to `[END]` or the end.
    pub sections: Vec<Section<'a>>,
}

impl<'a> Document<'a> {
    /// Cuts `text`: never fails. A `[` as first character that is not blank begins a section; a
    /// heading without `]` takes the rest of the line.
    #[must_use]
    pub fn read(text: &'a str, separators: Separators) -> Self {
        Self::read_where(text, separators, |_| true)
    }

    /// [`Self::read`], with the lines of those sections alone whose name is `wanted`; the others have them as
    /// they stand.
    #[must_use]
    pub fn read_where(text: &'a str, separators: Separators, wanted: impl Fn(&str) -> bool) -> Self {
        let mut document = Self::default();
        let mut wants = true;
        for (index, whole) in text.split('\n').enumerate() {
            let number = index + 1;
            let whole = whole.strip_suffix('\r').unwrap_or(whole);
            let whole = if index == 0 { whole.trim_start_matches('\u{feff}') } else { whole };
            let (body, comment) = whole.split_once(';').unwrap_or((whole, ""));
            if let Some(rest) = body.trim_start().strip_prefix('[') {
                let name = rest.split_once(']').map_or(rest, |(name, _)| name).trim();
                if name.eq_ignore_ascii_case("end") {
                    break;
                }
                document.sections.push(Section { name, line: number, lines: Vec::new(), raw: Vec::new() });
                wants = wanted(name);
                continue;
            }
            if let Some(section) = document.sections.last_mut().filter(|_| !wants) {
                section.raw.push(whole);
                continue;
            }
            let tokens = tokens(body, separators);
            let line = Line { number, text: body, comment, tokens };
            match document.sections.last_mut() {
                Some(section) => {
                    section.raw.push(whole);
                    if !line.tokens.is_empty() {
                        section.lines.push(line);
                    }
                }
                None if line.tokens.is_empty() => {}
                None => document.before.push(line),
            }
        }
        document
    }

    /// The lines of every section whose name begins with `keyword`, in the file's order.
    pub fn lines(&self, keyword: &'static str) -> impl Iterator<Item = &Line<'a>> {
        self.sections.iter().filter(move |s| s.is(keyword)).flat_map(|s| s.lines.iter())
    }
}

/// The words of a line; what stands in double quotes is one word (an unclosed quote runs to the end).
#[must_use]
pub fn tokens(text: &str, separators: Separators) -> Vec<&str> {
    let parts = |byte: &u8| separators.parts(*byte);
    // As many as begin after a separator, but for quotes.
    let before = std::iter::once(&b' ').chain(text.as_bytes());
    let count = before.zip(text.as_bytes()).filter(|(a, b)| parts(a) && !parts(b)).count();
    let mut words = Vec::with_capacity(count);
    let mut rest = text;
    loop {
        let start = rest.bytes().position(|b| !parts(&b)).unwrap_or(rest.len());
        rest = rest.get(start..).unwrap_or("");
        if rest.is_empty() {
            return words;
        }
        if let Some(quoted) = rest.strip_prefix('"') {
            let (word, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            words.push(word);
            rest = after;
            continue;
        }
        let end = rest.bytes().position(|b| parts(&b)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(word);
        rest = after;
    }
}

/// A number as C's `strtod` takes it in these files: decimal, with an exponent if wanted; not
/// finite ones are refused (`nan` and `inf` are names here).
#[must_use]
pub fn number(word: &str) -> Option<f64> {
    let first = word.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'-' | b'.')) {
        return None;
    }
    // Fortran's exponent is met in old files.
    let plain: Cow<'_, str> = if word.contains(['d', 'D']) {
        Cow::Owned(word.replace(['d', 'D'], "e"))
    } else {
        Cow::Borrowed(word)
    };
    plain.parse::<f64>().ok().filter(|v| v.is_finite())
}

/// True when `word` begins with `keyword`, whatever the case (ASCII).
#[must_use]
pub fn starts_with(word: &str, keyword: &str) -> bool {
    word.as_bytes().get(..keyword.len()).is_some_and(|head| head.eq_ignore_ascii_case(keyword.as_bytes()))
}

/// Text made of a file's bytes, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decoded {
    /// The bytes are UTF-8.
    Utf8(String),
    /// They are not: each byte was taken for a Latin-1 character, so names stay distinct and a
    /// caller that knows better (GB 18030) decodes the bytes itself before.
    Latin1(String),
}

impl Decoded {
    /// The text, however it was made.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Utf8(text) | Self::Latin1(text) => text,
        }
    }
}

/// UTF-8 if it is, else Latin-1.
#[must_use]
pub fn decode(bytes: &[u8]) -> Decoded {
    match std::str::from_utf8(bytes) {
        Ok(text) => Decoded::Utf8(text.to_owned()),
        Err(_) => Decoded::Latin1(bytes.iter().map(|&b| char::from(b)).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_the_number_a_person_sees() {
        let text =
            "before\r\n[TITLE]\r\n;note\r\nA town\r\n\r\n[Raingages]\r\nR1 \"my gage\" 5;x\r\n[END]\r\nR2";
        let document = Document::read(text, Separators::Blanks);
        assert_eq!(document.before.len(), 1);
        assert_eq!(document.sections.len(), 2);
        let line = document.lines("RAINGAGE").next().unwrap();
        assert_eq!((line.number, line.tokens.clone(), line.comment), (7, vec!["R1", "my gage", "5"], "x"));
        assert_eq!(document.sections[0].raw, [";note", "A town", ""]);
    }

    #[test]
    fn lines_of_sections_that_nobody_wants_stay_as_they_stand() {
        let text = "[MAP]\nUNITS None ;x\n\n[LOSSES]\nC1 0.5\n[Map]\nagain";
        let document = Document::read_where(text, Separators::Blanks, |name| !starts_with(name, "MAP"));
        assert!(document.lines("MAP").next().is_none());
        assert_eq!(document.sections[0].raw, ["UNITS None ;x", ""]);
        assert_eq!(document.sections[2].raw, ["again"]);
        let whole = Document::read(text, Separators::Blanks);
        assert_eq!(document.sections[1], whole.sections[1]);
    }

    #[test]
    fn numbers_are_those_of_the_files_and_not_names() {
        assert_eq!(number("1e-3"), Some(0.001));
        assert_eq!(number("1.5D2"), Some(150.0));
        assert_eq!(number(".5"), Some(0.5));
        assert_eq!(
            (number("inf"), number("nan"), number("1x"), number(""), number("-")),
            (None, None, None, None, None)
        );
    }

    #[test]
    fn commas_part_words_only_where_asked() {
        assert_eq!(tokens("a,b c", Separators::Blanks), ["a,b", "c"]);
        assert_eq!(tokens("a,b c", Separators::BlanksAndCommas), ["a", "b", "c"]);
        assert_eq!(tokens("\"open", Separators::Blanks), ["open"]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_without_harm(text in ".{0,400}") {
            let document = Document::read(&text, Separators::Blanks);
            for section in &document.sections {
                proptest::prop_assert!(section.lines.iter().all(|l| !l.tokens.is_empty()));
            }
        }
    }
}
