//! `$filter`: the expressions of OGC 18-088, 9.3.3.5: read once, asked of each entity.
//!
//! Promises: what is not understood is refused in words before anything is read. Pure.

mod eval;
mod functions;
mod geo;
mod lex;
mod parse;
mod value;

pub(super) use eval::{Names, holds, value};
pub(super) use parse::read;
pub(super) use value::{Value, compare};

/// An operator between two expressions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Or,
    And,
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Add,
    Sub,
    Mul,
    Div,
    Mod,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Literal(Value),
    /// `Datastream/ObservedProperty/name`.
    Path(Vec<String>),
    Not(Box<Self>),
    Two(Op, Box<Self>, Box<Self>),
    Call(&'static str, Vec<Self>),
}

impl Expr {
    /// The terms that must all hold.
    pub(super) fn terms(&self) -> Vec<&Self> {
        match self {
            Self::Two(Op::And, a, b) => {
                let mut terms = a.terms();
                terms.extend(b.terms());
                terms
            }
            other => vec![other],
        }
    }

    /// Whether every path in it begins with `name`, and there is one.
    pub(super) fn is_about(&self, name: &str) -> bool {
        let mut paths = vec![];
        self.paths(&mut paths);
        !paths.is_empty()
            && paths.iter().all(|path| path.len() > 1 && path.first().is_some_and(|p| p == name))
    }

    fn paths<'a>(&'a self, found: &mut Vec<&'a [String]>) {
        match self {
            Self::Literal(_) => {}
            Self::Path(path) => found.push(path),
            Self::Not(inner) => inner.paths(found),
            Self::Two(_, a, b) => {
                a.paths(found);
                b.paths(found);
            }
            Self::Call(_, args) => args.iter().for_each(|arg| arg.paths(found)),
        }
    }
}
