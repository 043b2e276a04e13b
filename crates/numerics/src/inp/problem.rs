//! What is wrong with a project file (问题清单): each with its line and what to do about it.

use std::fmt;

/// At most this many problems are kept: a file of another kind would otherwise list every line.
pub const PROBLEMS_MAX: usize = 1_000;

/// 问题: one thing wrong in a project file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line in the file, counted from 1; 0 when it concerns the file as a whole.
    pub line: usize,
    /// The section the line stands in, without brackets; empty when there is none.
    pub section: String,
    /// What is wrong, with the name and the figure it concerns.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(f, "line {}", self.line)?;
            if !self.section.is_empty() {
                write!(f, " [{}]", self.section)?;
            }
            write!(f, ": ")?;
        }
        write!(f, "{}; {}", self.message, self.remedy)
    }
}

/// The problems found so far, in the order they were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Problems {
    list: Vec<Problem>,
    /// Problems beyond [`PROBLEMS_MAX`]: counted, not kept.
    dropped: usize,
}

impl Problems {
    /// Notes a problem at a line of a section.
    pub fn add(&mut self, line: usize, section: &str, message: impl Into<String>, remedy: impl Into<String>) {
        if self.list.len() >= PROBLEMS_MAX {
            self.dropped += 1;
            return;
        }
        self.list.push(Problem {
            line,
            section: section.to_owned(),
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// True when nothing was wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The problems kept, sorted by line (those of the whole file first).
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.list.sort_by_key(|p| p.line);
        self.list
    }

    /// The problems kept, in the order they were found.
    #[must_use]
    pub fn list(&self) -> &[Problem] {
        &self.list
    }

    /// How many more there were than are kept.
    #[must_use]
    pub const fn dropped(&self) -> usize {
        self.dropped
    }
}
