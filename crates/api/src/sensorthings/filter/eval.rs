//! Asking an expression of an entity.

use super::value::holds as compares;
use super::{Expr, Op, Value, functions};
use crate::problem::Problem;
use field::time::Time;

/// What knows an entity's properties.
pub(crate) trait Names {
    /// What a path comes to.
    fn value(&self, path: &[String]) -> Result<Value, Problem>;
    /// Now.
    fn now(&self) -> Time;
}

/// Whether the expression holds of the entity.
pub(crate) fn holds(expr: &Expr, names: &dyn Names) -> Result<bool, Problem> {
    Ok(truth(&value(expr, names)?))
}

fn truth(value: &Value) -> bool {
    match value {
        Value::Bool(yes) => *yes,
        Value::Many(all) => all.iter().any(truth),
        _ => false,
    }
}

/// What the expression comes to.
pub(crate) fn value(expr: &Expr, names: &dyn Names) -> Result<Value, Problem> {
    Ok(match expr {
        Expr::Literal(value) => value.clone(),
        Expr::Path(path) => names.value(path)?,
        Expr::Not(inner) => Value::Bool(!holds(inner, names)?),
        Expr::Two(Op::And, a, b) => Value::Bool(holds(a, names)? && holds(b, names)?),
        Expr::Two(Op::Or, a, b) => Value::Bool(holds(a, names)? || holds(b, names)?),
        Expr::Two(op, a, b) => two(*op, &value(a, names)?, &value(b, names)?),
        Expr::Call(name, args) => {
            let args: Vec<Value> = args.iter().map(|arg| value(arg, names)).collect::<Result<_, _>>()?;
            functions::call(name, &args, names.now())
        }
    })
}

fn two(op: Op, a: &Value, b: &Value) -> Value {
    match (op, a, b) {
        (Op::Add, Value::Number(a), Value::Number(b)) => Value::Number(a + b),
        (Op::Sub, Value::Number(a), Value::Number(b)) => Value::Number(a - b),
        (Op::Mul, Value::Number(a), Value::Number(b)) => Value::Number(a * b),
        (Op::Div, Value::Number(a), Value::Number(b)) => Value::Number(a / b),
        (Op::Mod, Value::Number(a), Value::Number(b)) => Value::Number(a % b),
        (Op::Add, Value::Span(from, to), Value::Length(ms)) => moved(*from, *to, *ms),
        (Op::Sub, Value::Span(from, to), Value::Length(ms)) => moved(*from, *to, ms.saturating_neg()),
        (Op::Sub, Value::Span(_, a), Value::Span(_, b)) => Value::Length(a.saturating_sub(*b)),
        (Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod, ..) => Value::Null,
        _ => Value::Bool(compares(op, a, b)),
    }
}

const fn moved(from: i64, to: i64, ms: i64) -> Value {
    Value::Span(from.saturating_add(ms), to.saturating_add(ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sensorthings::filter::read;

    struct One;

    impl Names for One {
        fn value(&self, path: &[String]) -> Result<Value, Problem> {
            Ok(match path.join("/").as_str() {
                "result" => Value::Number(5.0),
                "name" => Value::Text("Weir 水".into()),
                "phenomenonTime" => {
                    Value::time("2021-06-30T08:00:00+08:00/2021-06-30T08:05:00+08:00").unwrap()
                }
                "location" => crate::sensorthings::filter::geo::read("POINT(120.05 29.25)").unwrap(),
                "many" => Value::Many(vec![Value::Number(1.0), Value::Number(9.0)]),
                _ => Value::Null,
            })
        }

        fn now(&self) -> Time {
            Time::from_beijing(2021, 6, 30, 12, 0, 0).unwrap()
        }
    }

    fn check(text: &str) -> bool {
        holds(&read(text).unwrap_or_else(|why| panic!("{text}: {why}")), &One).unwrap()
    }

    #[test]
    fn what_the_standard_names_holds() {
        for text in [
            "result eq 5 and not result gt 5",
            "result add 1 mul 2 eq 7",
            "(result add 1) mul 2 eq 12",
            "result mod 2 eq 1 or false",
            "substringof('eir', name) and startswith(name, 'We') and endswith(name, '水')",
            "length(name) eq 6 and indexof(name, '水') eq 5 and substring(name, 0, 4) eq 'Weir'",
            "tolower(name) eq 'weir 水' and concat(trim(' a '), 'b') eq 'ab'",
            "phenomenonTime ge 2021-06-30T08:00:00+08:00 and phenomenonTime lt 2021-06-30T00:05:00Z",
            "phenomenonTime lt now() sub duration'PT3H'",
            "year(phenomenonTime) eq 2021 and hour(phenomenonTime) eq 0 and minute(phenomenonTime) eq 5",
            "date(phenomenonTime) eq '2021-06-30'",
            "round(result div 2) eq 3 and floor(2.7) eq 2 and ceiling(2.1) eq 3",
            "geo.distance(location, geography'POINT(120.05 29.26)') lt 1200",
            "st_within(location, geography'POLYGON((120 29,121 29,121 30,120 30,120 29))')",
            "not geo.intersects(location, geography'POLYGON((0 0,1 0,1 1,0 0))')",
            "many gt 8 and many lt 2",
            "nothing eq null and not (nothing gt 1)",
        ] {
            assert!(check(text), "{text}");
        }
        for text in ["result ne 5", "phenomenonTime ge 2021-06-30T08:01:00+08:00", "name gt 5", "result"] {
            assert!(!check(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_is_told() {
        for text in ["", "result eq", "(result eq 5", "foo(1)", "length()", "result eq 5 5", "eq 5", "a,b"] {
            assert!(read(text).is_err(), "{text}");
        }
        let deep = "(".repeat(100) + "1" + &")".repeat(100);
        assert!(read(&deep).is_err() && read(&"not ".repeat(100)).is_err());
    }
}
