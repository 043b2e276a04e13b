//! Bad input: every mistake is listed, with its line and a remedy.

use pipes::{Model, read};

/// Thirty mistakes, each on a line that ends in `;!`.
const MISTAKES: &str = include_str!("mistakes.inp");

#[test]
fn thirty_mistakes_are_thirty_problems() {
    let (_, problems) = read(MISTAKES);
    let wanted: Vec<usize> =
        (1..).zip(MISTAKES.lines()).filter(|(_, l)| l.ends_with(";!")).map(|(n, _)| n).collect();
    let found: Vec<usize> = problems.iter().map(|p| p.line).collect();
    assert_eq!(wanted.len(), 30);
    assert_eq!(found, wanted, "{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>());
    assert!(problems.iter().all(|p| !p.remedy.is_empty() && !p.message.is_empty()));
}

#[test]
fn a_lonely_node_and_a_rising_pump_curve_are_named() {
    let text = "[JUNCTIONS]\nA 1\nLonely 2\nB 1\n[RESERVOIRS]\nR 10\n[PUMPS]\nP R A HEAD c\n[PIPES]\n1 A B 10 100 100\n\
                [CURVES]\nc 0 10\nc 5 20\nc 9 5\nc 12 4\n";
    let (project, problems) = read(text);
    assert!(problems.is_empty(), "{problems:?}");
    let found = Model::new(project).unwrap_err();
    assert!(found.iter().any(|p| p.message.contains("`Lonely`")), "{found:?}");
    assert!(found.iter().any(|p| p.message.contains("pump `P`")), "{found:?}");
}

/// Two loops: A feeds B, C and D; `more` adds lines to the pipes.
fn small(demand: &str, more: &str) -> Model {
    let text = format!(
        "[JUNCTIONS]\nA 10 0\nB 10 {demand}\nC 12 1\nD 90 1\n[RESERVOIRS]\nR 60\n[PIPES]\n\
         main R A 500 200 110\nab A B 300 150 110 0 CV\nbc B C 300 150 110 0 CV\nca C A 300 150 110 0 CV\n{more}\
         [OPTIONS]\nUNITS LPS\n[TIMES]\nDURATION 2:00\n[CONTROLS]\nLINK cd CLOSED AT TIME 1\n"
    );
    let (project, problems) = read(&text);
    assert!(problems.is_empty(), "{problems:?}");
    Model::new(project).unwrap()
}

#[test]
fn what_goes_wrong_while_running_is_said_by_name_and_time() {
    let model = small("5", "cd C D 300 150 110\n");
    let mut state = model.start();
    pipes::Runner::new(&model).run_until(&mut state, i64::MAX).unwrap();
    let said: Vec<String> = state.warnings().iter().map(pipes::report::sentence).collect();
    assert!(said[0].contains("ab, bc, ca lead in a ring"), "{said:?}");
    assert_eq!(said.iter().filter(|s| s.contains("ring")).count(), 1);
    let at = |hour: i64, word: &str| {
        let of_hour = state.warnings().iter().filter(|w| w.time == 3600 * hour).map(pipes::report::sentence);
        of_hour.into_iter().any(|s| s.contains(word))
    };
    // D lies above the reservoir; after an hour its pipe is closed by the control.
    assert!(at(0, "pressure is negative at node D"), "{said:?}");
    assert!(at(1, "node D is disconnected because link cd is closed"), "{said:?}");
    assert!(!at(0, "disconnected"), "{said:?}");
}

proptest::proptest! {
    #[test]
    fn no_text_harms_the_reader(noise in ".{0,80}", cut in 0usize..2000, at in 0usize..2000) {
        let whole = include_str!("../../models/rules.inp");
        let at = whole.char_indices().map(|c| c.0).nth(at % whole.len()).unwrap_or(0);
        let end = whole.char_indices().map(|c| c.0).nth(cut % whole.len()).unwrap_or(0).max(at);
        let text = format!("{}{noise}{}", &whole[..at], &whole[end..]);
        if let Ok(model) = Model::new(read(&text).0) {
            let mut state = model.start();
            let _ = pipes::Runner::new(&model).solve(&mut state);
        }
    }
}
