//! A broken model lists all its problems at once, each with line and remedy.

use drains::project::read;

/// Thirty mistakes, each on a line that ends in `;!`.
const MISTAKES: &str = include_str!("mistakes.inp");

#[test]
fn thirty_mistakes_are_thirty_problems() {
    let problems = read(MISTAKES, &|_| None).problems;
    let wanted: Vec<usize> =
        (1..).zip(MISTAKES.lines()).filter(|(_, l)| l.ends_with(";!")).map(|(n, _)| n).collect();
    let found: Vec<usize> = problems.iter().map(|p| p.line).collect();
    assert_eq!(wanted.len(), 30);
    assert_eq!(found, wanted, "{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>());
    assert!(problems.iter().all(|p| !p.remedy.is_empty() && !p.message.is_empty()));
}
