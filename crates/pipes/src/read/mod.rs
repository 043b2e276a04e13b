//! Reads EPANET 2.2/2.3 `.inp` text (读取; EPANET manual, Appendix C).
//!
//! Promises: never panics, never stops at the first mistake: whatever can be read is read, and
//! every mistake is in the list with its line, its element and what to do. A keyword this engine does
//! not know is a problem, never ignored. Sections may stand in any order.

mod controls;
mod elements;
mod options;
mod process;
mod rules;

use crate::project::Project;
use numerics::inp::{Document, Line, Problem, Problems, Separators, number, starts_with};
use std::collections::{HashMap, HashSet};

/// What is wrong with one line.
pub(crate) struct Fault {
    message: String,
    remedy: String,
}

pub(crate) fn fault(message: impl Into<String>, remedy: impl Into<String>) -> Fault {
    Fault { message: message.into(), remedy: remedy.into() }
}

pub(crate) type Outcome<T = ()> = Result<T, Fault>;

/// The project read so far, and what its names stand for.
#[derive(Default)]
pub(crate) struct Reader {
    project: Project,
    problems: Problems,
    nodes: HashMap<String, usize>,
    links: HashMap<String, usize>,
    patterns: HashMap<String, usize>,
    curves: HashMap<String, usize>,
    /// Names whose own line was wrong: what refers to them is not wrong again.
    broken: HashSet<String>,
    /// Junctions whose demand already came from `[DEMANDS]`.
    categorised: HashSet<usize>,
    rule: rules::Growing,
}

/// Why a reference is not followed.
enum Missing {
    /// No such name.
    Unknown(Fault),
    /// The name's own line was wrong; nothing more to say.
    Known,
}

type Lookup = Result<usize, Missing>;

/// Reads a project; the list says everything that is wrong with it.
#[must_use]
pub fn read(text: &str) -> (Project, Vec<Problem>) {
    let document = Document::read(text, Separators::Blanks);
    let mut reader = Reader::default();
    for line in &document.before {
        reader.problems.add(
            line.number,
            "",
            "text before the first section",
            "put it under a [SECTION] heading",
        );
    }
    for section in &document.sections {
        if SECTIONS.iter().all(|(name, _)| !section_is(section.name, name)) {
            reader.problems.add(
                section.line,
                section.name,
                format!("section [{}] is not one of EPANET's", section.name),
                "correct the heading or remove the section",
            );
        }
    }
    for wanted in 0..PASSES {
        for section in &document.sections {
            let Some((name, pass)) = SECTIONS.iter().find(|(name, _)| section_is(section.name, name)) else {
                continue;
            };
            if *pass != wanted {
                continue;
            }
            match *name {
                "TITLE" => reader.project.title.extend(section.raw.iter().map(|l| (*l).to_owned())),
                "LABELS" | "BACKDROP" => reader
                    .project
                    .drawing
                    .push(((*name).to_owned(), section.raw.iter().map(|l| (*l).to_owned()).collect())),
                _ => {
                    for line in &section.lines {
                        if let Err(f) = reader.line(name, line) {
                            reader.problems.add(line.number, name, f.message, f.remedy);
                        }
                    }
                }
            }
        }
    }
    reader.finish_rule();
    while reader.project.title.last().is_some_and(|l| l.trim().is_empty()) {
        reader.project.title.pop();
    }
    (reader.project, reader.problems.into_sorted())
}

/// EPANET knows a section by the beginning of its name; four letters tell all of them apart.
fn section_is(found: &str, name: &str) -> bool {
    let head = name.get(..name.len().min(4)).unwrap_or(name);
    starts_with(found, head) && (starts_with(name, found) || starts_with(found, name))
}

const PASSES: u8 = 5;

/// Sections, and the pass in which each is read: what is referred to comes before what refers.
const SECTIONS: &[(&str, u8)] = &[
    ("TITLE", 0),
    ("PATTERNS", 0),
    ("CURVES", 0),
    ("JUNCTIONS", 1),
    ("RESERVOIRS", 2),
    ("TANKS", 2),
    ("OPTIONS", 3),
    ("TIMES", 3),
    ("PIPES", 3),
    ("PUMPS", 3),
    ("VALVES", 3),
    ("DEMANDS", 4),
    ("STATUS", 4),
    ("EMITTERS", 4),
    ("LEAKAGE", 4),
    ("CONTROLS", 4),
    ("RULES", 4),
    ("ENERGY", 4),
    ("QUALITY", 4),
    ("SOURCES", 4),
    ("REACTIONS", 4),
    ("MIXING", 4),
    ("REPORT", 4),
    ("ROUGHNESS", 4),
    ("COORDINATES", 4),
    ("VERTICES", 4),
    ("TAGS", 4),
    ("LABELS", 4),
    ("BACKDROP", 4),
];

impl Reader {
    fn line(&mut self, section: &str, line: &Line<'_>) -> Outcome {
        match section {
            "PATTERNS" => self.pattern(line),
            "CURVES" => self.curve(line),
            "JUNCTIONS" => self.junction(line),
            "RESERVOIRS" => self.reservoir(line),
            "TANKS" => self.tank(line),
            "PIPES" => self.pipe(line),
            "PUMPS" => self.pump(line),
            "VALVES" => self.valve(line),
            "DEMANDS" => self.demand(line),
            "STATUS" => self.status(line),
            "EMITTERS" => self.emitter(line),
            "LEAKAGE" => self.leakage(line),
            "CONTROLS" => self.control(line),
            "RULES" => self.rule_line(line),
            "ENERGY" => self.energy(line),
            "QUALITY" => self.quality(line),
            "SOURCES" => self.source(line),
            "REACTIONS" => self.reaction(line),
            "MIXING" => self.mixing(line),
            "OPTIONS" => self.option(line),
            "TIMES" => self.time(line),
            "REPORT" => {
                self.project.report.push(line.text.trim().to_owned());
                Ok(())
            }
            "COORDINATES" => self.coordinates(line),
            "VERTICES" => self.vertex(line),
            "TAGS" => self.tag(line),
            // Read and left out of every computation by EPANET itself since 2.0.
            _ => Ok(()),
        }
    }

    fn find_node(&self, name: &str) -> Lookup {
        self.nodes
            .get(name)
            .copied()
            .ok_or_else(|| self.missing("node", "[JUNCTIONS], [RESERVOIRS] or [TANKS]", name))
    }

    fn find_link(&self, name: &str) -> Lookup {
        self.links
            .get(name)
            .copied()
            .ok_or_else(|| self.missing("link", "[PIPES], [PUMPS] or [VALVES]", name))
    }

    fn find_pattern(&self, name: &str) -> Lookup {
        self.patterns.get(name).copied().ok_or_else(|| self.missing("pattern", "[PATTERNS]", name))
    }

    fn find_curve(&self, name: &str) -> Lookup {
        self.curves.get(name).copied().ok_or_else(|| self.missing("curve", "[CURVES]", name))
    }

    fn missing(&self, kind: &str, sections: &str, name: &str) -> Missing {
        if name.is_empty() {
            Missing::Unknown(fault(format!("the name of a {kind} is missing"), "complete the line"))
        } else if self.broken.contains(name) {
            Missing::Known
        } else {
            Missing::Unknown(fault(
                format!("there is no {kind} `{name}`"),
                format!("add it to {sections} or correct the name"),
            ))
        }
    }
}

/// Follows a reference; a name whose own line was wrong ends the line without a second problem.
macro_rules! follow {
    ($lookup:expr) => {
        match $lookup {
            Ok(index) => index,
            Err($crate::read::Missing::Known) => return Ok(()),
            Err($crate::read::Missing::Unknown(fault)) => return Err(fault),
        }
    };
}
pub(crate) use follow;

/// The number at a place of a line.
fn figure(line: &Line<'_>, at: usize, what: &str) -> Outcome<f64> {
    let word = line.token(at);
    number(word).ok_or_else(|| {
        let of = line.token(0);
        if word.is_empty() {
            fault(format!("`{of}`: the {what} is missing"), "complete the line")
        } else {
            fault(format!("`{of}`: the {what} `{word}` is not a number"), "write it with digits and a point")
        }
    })
}

/// The number at a place, or `default` when the line ends before it.
fn figure_or(line: &Line<'_>, at: usize, what: &str, default: f64) -> Outcome<f64> {
    if line.tokens.len() > at { figure(line, at, what) } else { Ok(default) }
}

fn above_zero(line: &Line<'_>, what: &str, value: f64) -> Outcome<f64> {
    if value > 0.0 {
        Ok(value)
    } else {
        Err(fault(
            format!("`{}`: the {what} {value} is not above zero", line.token(0)),
            "give one above zero",
        ))
    }
}

fn not_below_zero(line: &Line<'_>, what: &str, value: f64) -> Outcome<f64> {
    if value >= 0.0 {
        Ok(value)
    } else {
        Err(fault(format!("`{}`: the {what} {value} is below zero", line.token(0)), "give zero or more"))
    }
}

/// A word stands for nothing when it is missing or `*`.
fn absent(word: &str) -> bool {
    word.is_empty() || word == "*"
}
