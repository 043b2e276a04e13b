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

/// A network that is whole but for what is added to it.
fn network(dividers: &str, links: &str, controls: &str) -> String {
    format!(
        "[OPTIONS]\nFLOW_UNITS CFS\nFLOW_ROUTING DYNWAVE\nEND_TIME 01:00\n[JUNCTIONS]\nJ1 100 5\nJ2 99 5\nJ3 98 5\n[DIVIDERS]\n{dividers}\n\
         [OUTFALLS]\nO 97 FREE\n[CONDUITS]\nC1 J1 J2 100 0.013 0 0\nC2 J2 J3 100 0.013 0 0\nC3 J3 O 100 0.013 0 0\n\
         [PUMPS]\n[XSECTIONS]\n{links}C3 CIRCULAR 1 0 0 0\n[CONTROLS]\n{controls}\n"
    )
}

fn complaints(text: &str) -> String {
    match drains::Model::read(text, &|_| None) {
        Ok(_) => String::new(),
        Err(drains::ModelError::Problems(list)) => list.iter().map(|p| format!("{p}\n")).collect(),
    }
}

#[test]
fn what_swmm_refuses_is_refused() {
    let round = "C1 CIRCULAR 1 0 0 0\nC2 CIRCULAR 1 0 0 0\n";
    let rule = |premise: &str, act: &str| format!("RULE r\nIF {premise}\nTHEN {act}");
    let open = "CONDUIT C1 STATUS = OPEN";
    assert_eq!(complaints(&network("", round, &rule("NODE J1 DEPTH > 1", open))), "");
    // Links without length one behind the other (SWMM's error 134).
    assert!(complaints(&network("", "C1 DUMMY 0 0 0 0\nC2 DUMMY 0 0 0 0\n", "")).contains("J2"));
    assert_eq!(complaints(&network("", "C1 DUMMY 0 0 0 0\nC2 CIRCULAR 1 0 0 0\n", "")), "");
    // A weir that is full before it begins (137).
    assert!(complaints(&network("D 99 C2 WEIR 9 1 2", round, "")).contains("begins to divert"));
    // Quantities that the object has not, days and months that do not exist, words of another kind of link.
    for premise in [
        "LINK C1 MAXDEPTH > 1",
        "NODE J1 FLOW > 1",
        "SIMULATION DEPTH > 1",
        "SIMULATION DAY = 8",
        "SIMULATION MONTH = 13",
        "SIMULATION DAYOFYEAR = 400",
    ] {
        assert!(complaints(&network("", round, &rule(premise, open))).contains("CONTROLS"), "{premise}");
    }
    assert!(
        !complaints(&network("", round, &rule("NODE J1 DEPTH > 1", "CONDUIT C1 STATUS = ON"))).is_empty()
    );
    assert!(!complaints("[ADJUST]\nRAINFALL 1 1 1 1 1 1 1 1 1 1 1 1\n").is_empty());
}
