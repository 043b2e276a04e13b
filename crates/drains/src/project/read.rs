//! Reading a project (读工程): names first, then every line, all problems at once.

use std::borrow::Cow;
use std::collections::HashMap;

use numerics::inp::{Document, Line, Problem, Problems, Separators, number, starts_with};

use super::{Index, Project};

/// Kinds of named objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Gage,
    Aquifer,
    Hydrograph,
    SnowPack,
    Lid,
    Subcatchment,
    Node,
    Link,
    Curve,
    Series,
    Pattern,
    Transect,
    Street,
    Pollutant,
    LandUse,
    Inlet,
}

impl Kind {
    const COUNT: usize = Self::Inlet as usize + 1;

    /// An object of this kind may have several lines.
    const fn has_many_lines(self) -> bool {
        matches!(
            self,
            Self::Curve
                | Self::Series
                | Self::Pattern
                | Self::Hydrograph
                | Self::SnowPack
                | Self::Lid
                | Self::Inlet
        )
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Gage => "rain gage",
            Self::Aquifer => "aquifer",
            Self::Hydrograph => "unit hydrograph",
            Self::SnowPack => "snow pack",
            Self::Lid => "LID control",
            Self::Subcatchment => "subcatchment",
            Self::Node => "node",
            Self::Link => "link",
            Self::Curve => "curve",
            Self::Series => "time series",
            Self::Pattern => "pattern",
            Self::Transect => "transect",
            Self::Street => "street",
            Self::Pollutant => "pollutant",
            Self::LandUse => "land use",
            Self::Inlet => "inlet",
        }
    }
}

/// What a reading gives: the project and what is wrong with it. A project with problems is not to
/// be run.
#[derive(Debug, Clone)]
pub struct ReadProject {
    /// The project as far as it could be understood.
    pub project: Project,
    /// What is wrong, by line.
    pub problems: Vec<Problem>,
}

/// Positions of named objects, kind by kind; small letters are as good as capitals.
#[derive(Default)]
struct Names([HashMap<String, Index>; Kind::COUNT]);

impl Names {
    fn of(&self, kind: Kind, name: &str) -> Option<Index> {
        self.0.get(kind as usize)?.get(&*capitals(name)).copied()
    }

    /// Gives a new name the next position; `false` for one that has a position.
    fn add(&mut self, kind: Kind, name: &str) -> bool {
        if self.of(kind, name).is_some() {
            return false;
        }
        if let Some(names) = self.0.get_mut(kind as usize) {
            let next = names.len();
            names.insert(capitals(name).into_owned(), next);
        }
        true
    }
}

/// The name as it is kept; no copy where it stands so.
fn capitals(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_lowercase()) { name.to_ascii_uppercase().into() } else { name.into() }
}

/// Fetches what is in a file that the project names; `None` if there is none.
pub(super) type Files<'f> = &'f dyn Fn(&str) -> Option<Vec<u8>>;

pub(super) struct Reader<'f> {
    names: Names,
    pub(super) problems: Problems,
    pub(super) files: Files<'f>,
}

/// One line being read: its words and where to complain.
pub(super) struct Row<'a, 'r, 'f> {
    pub(super) line: &'a Line<'a>,
    pub(super) section: &'a str,
    pub(super) reader: &'r mut Reader<'f>,
}

impl Row<'_, '_, '_> {
    pub(super) fn len(&self) -> usize {
        self.line.tokens.len()
    }

    pub(super) fn text(&self, i: usize) -> &str {
        self.line.token(i)
    }

    pub(super) fn problem(&mut self, message: impl Into<String>, remedy: impl Into<String>) {
        self.reader.problems.add(self.line.number, self.section, message, remedy);
    }

    /// True when there are at least `n` words.
    pub(super) fn has(&mut self, n: usize) -> bool {
        if self.len() >= n {
            return true;
        }
        let found = self.len();
        self.problem(format!("the line has {found} entries, {n} are needed"), "write the missing ones");
        false
    }

    pub(super) fn number(&mut self, i: usize) -> Option<f64> {
        let word = self.line.token(i);
        let value = number(word);
        if value.is_none() {
            self.problem(format!("entry {} `{word}` is not a number", i + 1), "write a number");
        }
        value
    }

    pub(super) fn at_least_zero(&mut self, i: usize) -> Option<f64> {
        let value = self.number(i)?;
        if value < 0.0 {
            self.problem(format!("entry {} is {value}, below zero", i + 1), "write zero or more");
            return None;
        }
        Some(value)
    }

    pub(super) fn number_or(&mut self, i: usize, default: f64) -> Option<f64> {
        if i < self.len() { self.number(i) } else { Some(default) }
    }

    pub(super) fn word<T: Copy>(&mut self, i: usize, words: &[(&str, T)]) -> Option<T> {
        let token = self.line.token(i);
        let found = words.iter().find(|(w, _)| starts_with(token, w)).map(|(_, t)| *t);
        if found.is_none() {
            let list: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
            self.problem(
                format!("entry {} `{token}` is not a known word", i + 1),
                format!("one of {}", list.join(", ")),
            );
        }
        found
    }

    pub(super) fn yes(&mut self, i: usize) -> Option<bool> {
        self.word(i, &[("NO", false), ("YES", true)])
    }

    pub(super) fn yes_or(&mut self, i: usize, default: bool) -> Option<bool> {
        if i < self.len() && self.text(i) != "*" { self.yes(i) } else { Some(default) }
    }

    pub(super) fn known(&self, kind: Kind, name: &str) -> Option<Index> {
        self.reader.names.of(kind, name)
    }

    pub(super) fn find(&mut self, i: usize, kind: Kind) -> Option<Index> {
        let name = self.line.token(i);
        let found = self.known(kind, name);
        if found.is_none() {
            self.problem(format!("there is no {} `{name}`", kind.word()), "define it or correct the name");
        }
        found
    }
}

/// Sections by keyword, what they define and who reads them.
type Read = fn(&mut Project, &mut Row<'_, '_, '_>) -> Option<()>;

fn nothing(_: &mut Project, _: &mut Row<'_, '_, '_>) -> Option<()> {
    Some(())
}

/// In SWMM's order: the first whose keyword begins the heading is meant.
const SECTIONS: &[(&str, Option<Kind>, Read)] = &[
    ("TITLE", None, nothing),
    ("OPTION", None, nothing),
    ("FILE", None, super::files::line),
    ("RAINGAGE", Some(Kind::Gage), super::hydrology::gage),
    ("TEMPERATURE", None, super::climate::temperature),
    ("EVAP", None, super::hydrology::evaporation),
    ("SUBCATCHMENT", Some(Kind::Subcatchment), super::hydrology::subcatchment),
    ("SUBAREA", None, super::hydrology::subarea),
    ("INFIL", None, super::hydrology::infiltration),
    ("AQUIFER", Some(Kind::Aquifer), super::ground::aquifer),
    ("GROUNDWATER", None, super::ground::groundwater),
    ("SNOWPACK", Some(Kind::SnowPack), super::snow::pack),
    ("JUNC", Some(Kind::Node), super::network::junction),
    ("OUTFALL", Some(Kind::Node), super::network::outfall),
    ("STORAGE", Some(Kind::Node), super::network::storage),
    ("DIVIDER", Some(Kind::Node), super::network::divider),
    ("CONDUIT", Some(Kind::Link), super::network::conduit),
    ("PUMP", Some(Kind::Link), super::network::pump),
    ("ORIFICE", Some(Kind::Link), super::network::orifice),
    ("WEIR", Some(Kind::Link), super::network::weir),
    ("OUTLET", Some(Kind::Link), super::network::outlet),
    ("XSECT", None, super::network::section),
    ("TRANSECT", None, super::tables::transect),
    ("LOSS", None, super::network::losses),
    ("CONTROL", None, nothing),
    ("POLLUT", Some(Kind::Pollutant), super::quality::pollutant),
    ("LANDUSE", Some(Kind::LandUse), super::quality::land_use),
    ("BUILDUP", None, super::quality::build_up),
    ("WASHOFF", None, super::quality::wash_off),
    ("COVERAGE", None, super::quality::coverage),
    ("INFLOW", None, super::inflow::direct),
    ("DWF", None, super::inflow::dry_weather),
    ("PATTERN", Some(Kind::Pattern), super::tables::pattern),
    ("RDII", None, super::rdii::inflow),
    ("HYDROGRAPH", Some(Kind::Hydrograph), super::rdii::hydrograph),
    ("LOADING", None, super::quality::loading),
    ("TREATMENT", None, super::quality::treatment),
    ("CURVE", Some(Kind::Curve), super::tables::curve),
    ("TIMESERIES", Some(Kind::Series), super::tables::series),
    ("REPORT", None, super::options::report),
    ("COORDINATE", None, super::network::coordinate),
    ("LID_CONTROL", Some(Kind::Lid), super::lid::control),
    ("LID_USAGE", None, super::lid::usage),
    ("GWF", None, super::ground::flow),
    ("ADJUSTMENT", None, super::hydrology::adjustment),
    ("EVENT", None, super::options::event),
    ("STREET", Some(Kind::Street), super::tables::street),
    ("INLET_USAGE", None, super::inlets::usage),
    ("INLET", Some(Kind::Inlet), super::inlets::design),
];

/// Sections that only say how a map looks: none of their words is read.
const DRAWN: [&str; 8] = ["VERTICES", "POLYGON", "LABEL", "SYMBOL", "BACKDROP", "TAG", "PROFILE", "MAP"];

fn is_drawn(name: &str) -> bool {
    DRAWN.iter().any(|word| starts_with(name, word))
}

fn entry(name: &str) -> Option<&'static (&'static str, Option<Kind>, Read)> {
    SECTIONS.iter().find(|(word, _, _)| starts_with(name, word))
}

impl Reader<'_> {
    /// A file's text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        (self.files)(name).map(|bytes| numerics::inp::decode(&bytes).as_str().to_owned())
    }

    /// Gives every named object its position.
    fn count(&mut self, document: &Document<'_>) {
        for section in &document.sections {
            if is_drawn(section.name) {
                continue;
            }
            let Some((_, kind, _)) = entry(section.name) else {
                self.problems.add(
                    section.line,
                    section.name,
                    "this section is not one of SWMM's",
                    "correct its name or take it out",
                );
                continue;
            };
            for line in &section.lines {
                let (kind, name) = match kind {
                    Some(kind) => (*kind, line.token(0)),
                    None if starts_with(section.name, "TRANSECT") && starts_with(line.token(0), "X1") => {
                        (Kind::Transect, line.token(1))
                    }
                    None => continue,
                };
                if !self.names.add(kind, name) && !kind.has_many_lines() {
                    self.problems.add(
                        line.number,
                        section.name,
                        format!("{} `{name}` is defined a second time", kind.word()),
                        "give it another name",
                    );
                }
            }
        }
    }
}

/// Reads a project's text. `files` gives the text of files it names (rain and time series), by the
/// name as written.
#[must_use]
pub fn read(text: &str, files: &dyn Fn(&str) -> Option<String>) -> ReadProject {
    read_with(text, &|name| files(name).map(String::into_bytes))
}

/// As [`read`], with files as bytes: interface and hot start files are binary.
#[must_use]
pub fn read_with(text: &str, files: &dyn Fn(&str) -> Option<Vec<u8>>) -> ReadProject {
    let document = Document::read_where(text, Separators::Blanks, |name| !is_drawn(name));
    let mut reader = Reader { names: Names::default(), problems: Problems::default(), files };
    reader.count(&document);
    let mut project = Project::default();
    // Units and offsets decide how other sections are read: options go first.
    super::options::read(&mut project, &document, &mut reader);
    for section in &document.sections {
        if starts_with(section.name, "TITLE") {
            project.title =
                section.raw.iter().filter(|l| !l.starts_with(";;")).map(|l| (*l).to_owned()).collect();
        }
    }
    let mut seen = Names::default();
    // Definitions in the file's order (positions follow it), then what refers to them.
    for defining in [true, false] {
        for section in &document.sections {
            let Some((_, kind, read)) = entry(section.name) else { continue };
            if kind.is_some() != defining {
                continue;
            }
            for line in &section.lines {
                // The first definition counts; the second was complained of.
                let one = kind.filter(|kind| !kind.has_many_lines());
                if one.is_some_and(|kind| !seen.add(kind, line.token(0))) {
                    continue;
                }
                let mut row = Row { line, section: section.name, reader: &mut reader };
                if read(&mut project, &mut row).is_none() {
                    super::network::keep_position(&mut project, *kind, line);
                }
            }
        }
    }
    if let Some(what) = super::climate::check(&project) {
        reader.problems.add(0, "TEMPERATURE", what, "write FILE and the file's name there");
    }
    for (line, what, remedy) in super::rdii::check(&project) {
        reader.problems.add(line, "RDII", what, remedy);
    }
    for (line, what, remedy) in super::lid::check(&project) {
        reader.problems.add(line, "LID_CONTROLS", what, remedy);
    }
    for (line, what, remedy) in super::quality::check(&project) {
        reader.problems.add(line, "TREATMENT", what, remedy);
    }
    super::files::check(&project, &mut reader);
    super::rain_file::load(&mut project, &mut reader);
    super::controls::read(&mut project, &document, &mut reader);
    super::options::sort_events(&mut project.events);
    ReadProject { project, problems: reader.problems.into_sorted() }
}
