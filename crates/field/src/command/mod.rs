//! 指令: what a station is asked or told, and the life of asking: 申请 → 批准|拒绝 → 下发 → 应答|超时 → 回读.
//!
//! Pure. A command that switches something is allowed by another person than the one who asked; a
//! harmless one (a question, the clock) by a standing order. Nothing is ever sent twice: whoever
//! wants it again asks again.

mod ask;
mod interlock;
mod life;

pub use ask::{Ask, ParameterTable};
pub use interlock::{Facts, Interlocked, Interlocks};
pub use life::{Command, CommandAct, CommandRefusal, CommandState, Decider, NewCommand, ReadBack, Silence};
