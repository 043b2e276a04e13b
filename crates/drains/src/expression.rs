//! Arithmetic of named variables (表达式), as control rules and treatment write it: + − × ÷ ^ and
//! SWMM's functions, kept in postfix order.

use serde::{Deserialize, Serialize};

/// Steps an expression may have.
const STEPS_MAX: usize = 1_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Function {
    Cos,
    Sin,
    Tan,
    Cot,
    Abs,
    Sgn,
    Sqrt,
    Log,
    Exp,
    Asin,
    Acos,
    Atan,
    Acot,
    Sinh,
    Cosh,
    Tanh,
    Coth,
    Log10,
    Step,
}

const FUNCTIONS: &[(&str, Function)] = &[
    ("COS", Function::Cos),
    ("SIN", Function::Sin),
    ("TAN", Function::Tan),
    ("COT", Function::Cot),
    ("ABS", Function::Abs),
    ("SGN", Function::Sgn),
    ("SQRT", Function::Sqrt),
    ("LOG", Function::Log),
    ("EXP", Function::Exp),
    ("ASIN", Function::Asin),
    ("ACOS", Function::Acos),
    ("ATAN", Function::Atan),
    ("ACOT", Function::Acot),
    ("SINH", Function::Sinh),
    ("COSH", Function::Cosh),
    ("TANH", Function::Tanh),
    ("COTH", Function::Coth),
    ("LOG10", Function::Log10),
    ("STEP", Function::Step),
];

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Step {
    Number(f64),
    Variable(usize),
    Add,
    Subtract,
    Multiply,
    Divide,
    Negate,
    Power,
    Call(Function),
}

/// 表达式: an arithmetic expression over numbered variables.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Expression {
    steps: Vec<Step>,
}

struct Parser<'a> {
    text: &'a str,
    find: &'a dyn Fn(&str) -> Option<usize>,
    steps: Vec<Step>,
    depth: usize,
}

impl Parser<'_> {
    fn blank(&mut self) {
        self.text = self.text.trim_start();
    }

    fn eat(&mut self, c: char) -> bool {
        self.blank();
        self.text.strip_prefix(c).is_some_and(|rest| {
            self.text = rest;
            true
        })
    }

    fn sum(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > 100 || self.steps.len() > STEPS_MAX {
            return Err("it is too long".into());
        }
        if !self.at_negative_number() && self.eat('-') {
            self.product()?;
            self.steps.push(Step::Negate);
        } else {
            self.eat('+');
            self.product()?;
        }
        loop {
            if self.eat('+') {
                self.product()?;
                self.steps.push(Step::Add);
            } else if self.eat('-') {
                self.product()?;
                self.steps.push(Step::Subtract);
            } else {
                self.depth -= 1;
                return Ok(());
            }
        }
    }

    fn product(&mut self) -> Result<(), String> {
        self.power()?;
        loop {
            if self.eat('*') {
                self.power()?;
                self.steps.push(Step::Multiply);
            } else if self.eat('/') {
                self.power()?;
                self.steps.push(Step::Divide);
            } else {
                return Ok(());
            }
        }
    }

    /// A power binds to the right, and what follows it may be a negative number, as in SWMM.
    fn power(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("it is too long".into());
        }
        self.atom()?;
        if self.eat('^') {
            self.power()?;
            self.steps.push(Step::Power);
        }
        self.depth -= 1;
        Ok(())
    }

    /// A minus that begins a number: after an operator or at the beginning.
    fn at_negative_number(&mut self) -> bool {
        self.blank();
        let mut chars = self.text.chars();
        chars.next() == Some('-') && chars.next().is_some_and(|c| c.is_ascii_digit())
    }

    fn atom(&mut self) -> Result<(), String> {
        self.blank();
        if self.steps.len() > STEPS_MAX {
            return Err("it is too long".into());
        }
        if self.eat('(') {
            self.sum()?;
            return if self.eat(')') { Ok(()) } else { Err("a bracket is not closed".into()) };
        }
        let negative = self.at_negative_number() && self.eat('-');
        let digits = self.text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(self.text.len());
        if digits > 0 {
            let mut end = digits;
            let rest = self.text.get(digits..).unwrap_or("");
            if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
                let signed = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                let n = signed.find(|c: char| !c.is_ascii_digit()).unwrap_or(signed.len());
                if n > 0 {
                    end = digits + 1 + (exponent.len() - signed.len()) + n;
                }
            }
            let word = self.text.get(..end).unwrap_or("");
            let value = numerics::inp::number(word).ok_or_else(|| format!("`{word}` is not a number"))?;
            self.text = self.text.get(end..).unwrap_or("");
            self.steps.push(Step::Number(if negative { -value } else { value }));
            return Ok(());
        }
        let end = self.text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(self.text.len());
        let name = self.text.get(..end).unwrap_or("").to_owned();
        self.text = self.text.get(end..).unwrap_or("");
        if let Some((_, f)) = FUNCTIONS.iter().find(|(w, _)| w.eq_ignore_ascii_case(&name)) {
            if !self.eat('(') {
                return Err(format!("`{name}` needs its argument in brackets"));
            }
            self.sum()?;
            self.steps.push(Step::Call(*f));
            return if self.eat(')') { Ok(()) } else { Err("a bracket is not closed".into()) };
        }
        let index = (self.find)(&name)
            .filter(|_| !name.is_empty())
            .ok_or_else(|| format!("`{name}` is not known"))?;
        self.steps.push(Step::Variable(index));
        Ok(())
    }
}

impl Expression {
    /// Reads an expression; `find` numbers its variables.
    pub(crate) fn read(text: &str, find: &dyn Fn(&str) -> Option<usize>) -> Result<Self, String> {
        let mut parser = Parser { text, find, steps: Vec::new(), depth: 0 };
        parser.sum()?;
        parser.blank();
        if parser.text.is_empty() {
            Ok(Self { steps: parser.steps })
        } else {
            Err(format!("`{}` is left over", parser.text))
        }
    }

    /// The numbers of the variables it asks for.
    pub(crate) fn variables(&self) -> impl Iterator<Item = usize> + '_ {
        self.steps.iter().filter_map(|s| if let Step::Variable(i) = s { Some(*i) } else { None })
    }

    /// Its value; 0 where SWMM gives 0 (a root of a negative number, a division by nothing).
    pub(crate) fn value(&self, variable: &dyn Fn(usize) -> f64) -> f64 {
        let mut stack: Vec<f64> = Vec::with_capacity(8);
        for step in &self.steps {
            let result = match *step {
                Step::Number(v) => v,
                Step::Variable(i) => variable(i),
                Step::Negate => -stack.pop().unwrap_or(0.0),
                Step::Call(f) => call(f, stack.pop().unwrap_or(0.0)),
                binary => {
                    let b = stack.pop().unwrap_or(0.0);
                    let a = stack.pop().unwrap_or(0.0);
                    match binary {
                        Step::Add => a + b,
                        Step::Subtract => a - b,
                        Step::Multiply => a * b,
                        Step::Divide => a / b,
                        _ => {
                            if a <= 0.0 {
                                0.0
                            } else {
                                (b * a.ln()).exp()
                            }
                        }
                    }
                }
            };
            stack.push(result);
        }
        let value = stack.pop().unwrap_or(0.0);
        if value.is_nan() { 0.0 } else { value }
    }
}

fn call(f: Function, x: f64) -> f64 {
    match f {
        Function::Cos => x.cos(),
        Function::Sin => x.sin(),
        Function::Tan => x.tan(),
        Function::Cot => {
            if x == 0.0 {
                0.0
            } else {
                1.0 / x.tan()
            }
        }
        Function::Abs => x.abs(),
        Function::Sgn => {
            if x < 0.0 {
                -1.0
            } else if x > 0.0 {
                1.0
            } else {
                0.0
            }
        }
        Function::Sqrt => {
            if x < 0.0 {
                0.0
            } else {
                x.sqrt()
            }
        }
        Function::Log => {
            if x <= 0.0 {
                0.0
            } else {
                x.ln()
            }
        }
        Function::Exp => x.exp(),
        Function::Asin => x.asin(),
        Function::Acos => x.acos(),
        Function::Atan => x.atan(),
        Function::Acot => std::f64::consts::FRAC_PI_2 - x.atan(),
        Function::Sinh => (x.exp() - (-x).exp()) / 2.0,
        Function::Cosh => (x.exp() + (-x).exp()) / 2.0,
        Function::Tanh => (x.exp() - (-x).exp()) / (x.exp() + (-x).exp()),
        Function::Coth => (x.exp() + (-x).exp()) / (x.exp() - (-x).exp()),
        Function::Log10 => {
            if x <= 0.0 {
                0.0
            } else {
                x.log10()
            }
        }
        Function::Step => {
            if x <= 0.0 {
                0.0
            } else {
                1.0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_follow_the_usual_order() {
        let find = |n: &str| (n == "x").then_some(0);
        for (text, want) in
            [("1 + 2 * 3", 7.0), ("-(x - 4)^2", -1.0), ("SQRT(9) / 2e0", 1.5), ("2 * STEP(x)", 2.0)]
        {
            let e = Expression::read(text, &find).unwrap();
            assert!((e.value(&|_| 5.0) - want).abs() < 1e-12, "{text}");
        }
        assert!(Expression::read("1 +", &find).is_err());
        assert!(Expression::read("y", &find).is_err());
    }
}
