//! Words to an expression: `or` binds least, then `and`, `not`, comparisons, `add sub`, `mul div mod`.

use super::functions::FUNCTIONS;
use super::lex::{Token, tokens};
use super::{Expr, Op};

/// How deep brackets may stand.
const DEPTH_MAX: usize = 32;

/// Operators by how much they bind, loosest first.
const LEVELS: &[&[(&str, Op)]] = &[
    &[("or", Op::Or)],
    &[("and", Op::And)],
    &[("eq", Op::Eq), ("ne", Op::Ne), ("gt", Op::Gt), ("ge", Op::Ge), ("lt", Op::Lt), ("le", Op::Le)],
    &[("add", Op::Add), ("sub", Op::Sub)],
    &[("mul", Op::Mul), ("div", Op::Div), ("mod", Op::Mod)],
];
/// Where `not` stands: looser than comparisons.
const NOT: usize = 2;

/// Reads an expression.
pub(crate) fn read(text: &str) -> Result<Expr, String> {
    let tokens = tokens(text)?;
    let mut reader = Reader { tokens: &tokens, depth: 0 };
    let expr = reader.level(0)?;
    match reader.tokens.first() {
        None => Ok(expr),
        Some(token) => Err(format!("{token:?} is not expected here")),
    }
}

struct Reader<'a> {
    tokens: &'a [Token],
    depth: usize,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a Token> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first)
    }

    fn took(&mut self, wanted: &Token) -> bool {
        let is_next = self.tokens.first() == Some(wanted);
        if is_next {
            self.next();
        }
        is_next
    }

    fn level(&mut self, level: usize) -> Result<Expr, String> {
        if level == NOT && self.took(&Token::Word("not".to_owned())) {
            return self.deeper(|reader| Ok(Expr::Not(Box::new(reader.level(NOT)?))));
        }
        let Some(operators) = LEVELS.get(level) else { return self.leaf() };
        let mut left = self.level(level + 1)?;
        while let Some(Token::Word(word)) = self.tokens.first() {
            let Some((_, op)) = operators.iter().find(|(name, _)| name == word) else { break };
            self.next();
            let right = self.level(level + 1)?;
            left = Expr::Two(*op, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn leaf(&mut self) -> Result<Expr, String> {
        match self.next() {
            Some(Token::Literal(value)) => Ok(Expr::Literal(value.clone())),
            Some(Token::Open) => self.deeper(|reader| {
                let inner = reader.level(0)?;
                if reader.took(&Token::Close) { Ok(inner) } else { Err("a bracket is open".to_owned()) }
            }),
            Some(Token::Word(word)) if self.tokens.first() == Some(&Token::Open) => self.call(word),
            Some(Token::Word(word)) => Ok(Expr::Path(word.split('/').map(str::to_owned).collect())),
            Some(token) => Err(format!("{token:?} is not expected here")),
            None => Err("something is missing at the end".to_owned()),
        }
    }

    fn call(&mut self, word: &str) -> Result<Expr, String> {
        let known = FUNCTIONS.iter().find(|(name, ..)| *name == word);
        let (name, least, most) = known.ok_or_else(|| format!("the function `{word}` is not known here"))?;
        self.deeper(|reader| {
            reader.next();
            let mut args = vec![];
            while !reader.took(&Token::Close) {
                if !args.is_empty() && !reader.took(&Token::Comma) {
                    return Err(format!("a comma or a bracket is missing in `{name}`"));
                }
                args.push(reader.level(0)?);
            }
            let fits = (*least..=*most).contains(&args.len());
            if fits { Ok(Expr::Call(name, args)) } else { Err(format!("`{name}` takes {least} to {most}")) }
        })
    }

    fn deeper(&mut self, work: impl FnOnce(&mut Self) -> Result<Expr, String>) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("brackets at most {DEPTH_MAX} deep"));
        }
        let done = work(self);
        self.depth -= 1;
        done
    }
}
