//! docs/pipes-accuracy.md, made from the outcomes.

use crate::compare::{Differences, Outcome};
use std::fmt::Write;

const HEAD: &str = "\
# The supply engine beside EPANET 2.3

Written by `cargo xtask accuracy`, checked by `cargo xtask verify`; do not edit. EPANET is the engine
inside PyPI's `owa-epanet` 2.3.5, the networks are those of PyPI's `wntr` 1.5.0 and of `../shared/data/supply`,
none of which is in this repository, and a town of 3,000 nodes made by the crate `networks`. Beside these,
36 networks of this project's own are compared by
`cargo test -p pipes` with EPANET's figures in `crates/pipes/models/figures.json`.

Both engines run with `ACCURACY 0.00001` (the least EPANET takes), `HEADERROR 0.0005` and `TRIALS 200`. Every
report period is compared: heads in metres beyond the single precision of EPANET's file, flows in shares of
themselves (of a hundredth of the network's largest where they are smaller), quality in shares of the
strongest. Asked for: heads 0.003 m, flows 0.1 %, quality 1 %. Figures are rounded up to 1, 2 or 5.

Nodes that no open link joins to a source have no defined head, nor have those behind a flow control valve at
work: EPANET gives them one of demand over a conductance of 1e-8
(25 million feet below the ground). They are counted as *cut off* and not compared.

**Like itself**: where we are not within, EPANET is asked thrice more: with its junctions and pipes listed
backwards, and with all demands higher and lower by half its accuracy (5e-6). Where it then
differs from itself by at least half of what we differ from it, its answer is one of several and ours another
of them: it rounds the moments at which controls act to whole seconds, and a second more or less in a pump's
hour moves every level after it.
";

const BY_SECONDS: &str = "pumps start and stop by the levels of tanks, at moments rounded to whole seconds. The first \
    that falls between two seconds comes out one second earlier or later, and all after it follow: tightening both \
    engines tenfold changes nothing.";
const BY_ROUNDING: &str = "a quarter without a source draws its demand through closed links of 1e-8 ft²/s, and so does \
    the pipe that leads to one of them. Of 150 gpm asked EPANET reports 149.82, the rest is lost in rounding; here \
    150.00 flow.";
/// What was found where a network is no nearer.
const WHY: [(&str, &str); 5] = [
    ("CTOWN", BY_SECONDS),
    ("Net6", BY_SECONDS),
    ("Net6_plus", BY_SECONDS),
    ("fcv_open_no_upstream_sources", BY_ROUNDING),
    ("prv_closed_no_upstream_sources", BY_ROUNDING),
];

/// Rounded up to 1, 2 or 5 times a power of ten, so that the page is the same on every machine.
fn rounded(value: f64) -> String {
    if value <= 1e-6 {
        return "0".into();
    }
    let power = 10f64.powf(value.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|s| value <= s * power * 1.000_001).unwrap_or(10.0);
    let shown = step * power;
    if (1e-5..1e6).contains(&shown) {
        let digits = if shown < 1.0 { 6 } else { 0 };
        let text = format!("{shown:.digits$}");
        if digits > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        format!("{shown:.0e}")
    }
}

/// A row's verdict: the words `verify` compares.
fn verdict(outcome: &Outcome) -> &'static str {
    match &outcome.spread {
        _ if outcome.ours.within() => "within",
        Some(spread) if outcome.ours.within_or_below(spread) => "like itself",
        _ => "**not within**",
    }
}

fn cells(d: &Differences) -> String {
    d.0.iter().map(|v| format!(" {} |", rounded(*v))).collect()
}

/// The page.
pub(crate) fn page(outcomes: &[Outcome], refused: &[(String, String)], unsolved: &[String]) -> String {
    let mut page = String::from(HEAD);
    page.push_str("\n| network | nodes / links | periods | cut off | head, m | flow | quality | |\n|---|---|---|---|---|---|---|---|\n");
    for o in outcomes {
        let _ = writeln!(
            page,
            "| {} | {} / {} | {} | {} |{} {} |",
            o.name,
            o.nodes,
            o.links,
            o.periods,
            o.cut_off,
            cells(&o.ours),
            verdict(o)
        );
    }
    let asked: Vec<&Outcome> = outcomes.iter().filter(|o| !o.ours.within()).collect();
    page.push_str("\n## EPANET beside itself\n\n| network | head, m | flow | quality |\n|---|---|---|---|\n");
    for o in &asked {
        if let Some(spread) = &o.spread {
            let _ = writeln!(page, "| {} |{}", o.name, cells(spread));
        }
    }
    page.push_str("\n## Why they are only like itself\n\n");
    for o in asked.iter().filter(|o| verdict(o) == "like itself") {
        let why = WHY.iter().find(|(name, _)| *name == o.name).map_or("Not known yet.", |(_, why)| why);
        let _ = writeln!(page, "- `{}`: {why}", o.name);
    }
    page.push_str("\n## Not yet within\n\n");
    let mut none = true;
    for o in asked.iter().filter(|o| verdict(o).contains("not")) {
        none = false;
        let _ = writeln!(page, "- `{}`", o.name);
    }
    for (name, why) in refused {
        none = false;
        let _ = writeln!(page, "- `{name}`: {why}");
    }
    if none {
        page.push_str("Nothing.\n");
    }
    page.push_str("\n## What EPANET itself does not solve\n\n");
    for name in unsolved {
        let _ = writeln!(page, "- `{name}");
    }
    page
}
