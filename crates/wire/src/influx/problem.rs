//! What can be wrong with a line.

/// What is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct Problem {
    /// The body's line, from 1.
    pub line: u32,
    /// The byte in the line, from 1.
    pub column: u32,
    /// What.
    pub kind: ProblemKind,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProblemKind {
    /// Nothing before the first comma or blank.
    #[error("the measurement's name is missing")]
    NoMeasurement,
    /// `,tag` without `=value`, or an empty name or value.
    #[error("a tag is not `name=value`")]
    BadTag,
    /// Nothing behind the series.
    #[error("there is no field: write `field=value` behind a blank")]
    NoField,
    /// A field is not `name=value`.
    #[error("a field is not `name=value`")]
    BadField,
    /// A value is no number, boolean or quoted text.
    #[error("the field's value is no number, `true`/`false` or quoted text")]
    BadValue,
    /// A number that is not finite or an integer outside its range.
    #[error("the number is too large")]
    TooLarge,
    /// A quoted text without its end.
    #[error("a quoted text does not end")]
    OpenText,
    /// Something other than a whole number stands where the timestamp is.
    #[error("the timestamp is no whole number")]
    BadTime,
    /// Longer than [`super::LINE_MAX`].
    #[error("the line is longer than {} bytes", super::LINE_MAX)]
    TooLong,
    /// Not UTF-8.
    #[error("the name is not UTF-8")]
    NotUtf8,
}

impl ProblemKind {
    /// Stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoMeasurement => "no_measurement",
            Self::BadTag => "bad_tag",
            Self::NoField => "no_field",
            Self::BadField => "bad_field",
            Self::BadValue => "bad_value",
            Self::TooLarge => "too_large",
            Self::OpenText => "open_text",
            Self::BadTime => "bad_time",
            Self::TooLong => "line_too_long",
            Self::NotUtf8 => "not_utf8",
        }
    }
}
