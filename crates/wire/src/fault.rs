//! 报文缺陷: what is wrong with a frame, in the shape every younger protocol shares: a stable code
//! for machines, a sentence for logs and the command line, and whether the rest may be believed.

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
