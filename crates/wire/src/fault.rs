//! 报文缺陷: what is wrong with a frame, in the shape every younger protocol shares: a stable code
//! for machines, a sentence for logs and the command line, and whether the rest may be believed.

use crate::Field;
use serde::Serialize;

/// Something wrong with a frame, or odd about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The stable name, such as `bad_crc`.
    pub code: &'static str,
    /// What is wrong, where, with the bytes or numbers.
    pub message: String,
    /// Nothing the frame says may be kept.
    #[serde(skip)]
    pub fatal: bool,
}

impl Fault {
    /// A fault after which nothing of the frame is believed.
    pub(crate) fn fatal(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fatal: true }
    }

    /// A fault of one part; the others are kept.
    pub(crate) fn minor(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fatal: false }
    }

    /// Code and sentence in one line.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{}: {}", self.code, self.message)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

/// Whether no fault among them is fatal.
pub(crate) fn trusted(faults: &[Fault]) -> bool {
    !faults.iter().any(|fault| fault.fatal)
}

/// Each as its line, the shape in which `zhizhen decode` names problems for every protocol.
pub(crate) fn lines(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(Fault::line).collect()
}

/// The most serious one.
pub(crate) fn worst(faults: &[Fault]) -> Option<&Fault> {
    faults.iter().find(|fault| fault.fatal).or_else(|| faults.first())
}

/// 判读: what was wrong with a frame, what was odd and tolerated, and which bytes mean what.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Remarks {
    /// What is wrong.
    pub problems: Vec<Fault>,
    /// What was odd and tolerated.
    pub notes: Vec<Fault>,
    /// Which bytes mean what.
    pub fields: Vec<Field>,
}

impl Remarks {
    /// Whether the frame is whole and its check value right: no problem is fatal.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        trusted(&self.problems)
    }

    /// The most serious problem.
    #[must_use]
    pub fn worst(&self) -> Option<&Fault> {
        worst(&self.problems)
    }

    /// Names bytes, if there are any.
    pub(crate) fn mark(&mut self, start: usize, end: usize, name: impl Into<String>) {
        if end > start {
            self.fields.push(Field { start, end, name: name.into() });
        }
    }
}

impl From<Fault> for Remarks {
    fn from(fault: Fault) -> Self {
        Self { problems: vec![fault], ..Self::default() }
    }
}
