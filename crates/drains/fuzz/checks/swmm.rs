//! What must hold of any bytes given as a SWMM model.

use drains::{Model, ModelError, Numerics, RunClock, State};

/// Steps that a model runs in each numerics.
const STEPS: usize = 3;

/// The model's text; after a zero byte, what every file holds that it names.
pub(crate) fn check(bytes: &[u8]) {
    let cut = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    let (text, file) = bytes.split_at(cut);
    let file = file.get(1..);
    let text = numerics::inp::decode(text);
    let files = |_: &str| file.map(<[u8]>::to_vec);
    match Model::read_with(text.as_str(), &files) {
        Ok(model) => [Numerics::Exact, Numerics::Fast].into_iter().for_each(|n| runs(&model, n)),
        Err(ModelError::Problems(problems)) => {
            assert!(!problems.is_empty(), "refused without a problem");
            let lines = text.as_str().lines().count();
            for p in &problems {
                assert!(!p.message.is_empty() && !p.remedy.is_empty(), "{p:?}");
                assert!(p.line <= lines, "{p:?} of {lines} lines");
            }
        }
    }
}

/// What is read is begun, takes some steps, is stored and told of.
fn runs(model: &Model, numerics: Numerics) {
    let mut state = State::new(model, numerics);
    let hot = state.hot_start(model);
    assert!(drains::HotStart::read(model, &hot).is_ok(), "its own hot start is refused");
    for _ in 0..STEPS {
        state.step(model, f64::INFINITY);
    }
    let clock = RunClock { begun: String::new(), ended: String::new(), seconds: 0.0 };
    assert!(!state.report(model, &clock, None).is_empty());
}
