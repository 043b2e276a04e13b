//! Any text: the reader gives a project and problems with line and remedy; what it takes whole it writes so
//! that it reads without a problem again; a model is made or refused.

use pipes::{Model, Problem, read, write};

/// Panics when a promise is broken.
pub(crate) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (project, problems) = read(&text);
    let lines = text.lines().count();
    assert!(problems.iter().all(|p| is_whole(p) && p.line <= lines));
    if problems.is_empty() {
        let written = write(&project);
        let (again, more) = read(&written);
        assert!(more.is_empty(), "{more:?}\n{written}");
        assert_eq!((again.nodes.len(), again.links.len()), (project.nodes.len(), project.links.len()));
    }
    match Model::new(project) {
        Ok(model) => {
            let state = model.start();
            let _ = model.node_view(&state, 0);
        }
        Err(problems) => assert!(!problems.is_empty() && problems.iter().all(is_whole)),
    }
}

fn is_whole(problem: &Problem) -> bool {
    !problem.message.is_empty() && !problem.remedy.is_empty()
}
