//! Nodes, links, patterns and curves: the sections that make elements.

use super::{Missing, Outcome, Reader, above_zero, absent, fault, figure, figure_or, follow, not_below_zero};
use crate::project::{
    Curve, Demand, Formula, InitialStatus, Link, LinkKind, Node, NodeKind, Pattern, Pipe, Pump, Tank, Valve,
    ValveKind,
};
use numerics::inp::{Line, number, starts_with};

impl Reader {
    pub(super) fn pattern(&mut self, line: &Line<'_>) -> Outcome {
        let name = line.token(0).to_owned();
        let mut factors = Vec::with_capacity(line.tokens.len());
        if line.tokens.len() < 2 {
            self.broken.insert(name.clone());
            return Err(fault(format!("pattern `{name}` has no multipliers on this line"), "add them"));
        }
        for at in 1..line.tokens.len() {
            factors.push(figure(line, at, "multiplier").inspect_err(|_| {
                self.broken.insert(name.clone());
            })?);
        }
        let at = *self.patterns.entry(name.clone()).or_insert_with(|| {
            self.project.patterns.push(Pattern { name, factors: Vec::new() });
            self.project.patterns.len() - 1
        });
        if let Some(pattern) = self.project.patterns.get_mut(at) {
            pattern.factors.extend(factors);
        }
        Ok(())
    }

    pub(super) fn curve(&mut self, line: &Line<'_>) -> Outcome {
        let name = line.token(0).to_owned();
        let point = figure(line, 1, "x value").and_then(|x| Ok((x, figure(line, 2, "y value")?)));
        let point = point.inspect_err(|_| {
            self.broken.insert(name.clone());
        })?;
        let at = *self.curves.entry(name.clone()).or_insert_with(|| {
            self.project.curves.push(Curve { name: name.clone(), points: Vec::new() });
            self.project.curves.len() - 1
        });
        let Some(curve) = self.project.curves.get_mut(at) else { return Ok(()) };
        if curve.points.last().is_some_and(|last| last.0 >= point.0) {
            return Err(fault(
                format!("curve `{name}`: x value {} does not rise", point.0),
                "order the points by rising x",
            ));
        }
        curve.points.push(point);
        Ok(())
    }

    fn new_node(&mut self, line: &Line<'_>, made: Outcome<Node>) -> Outcome {
        let name = line.token(0).to_owned();
        if self.nodes.contains_key(&name) || self.broken.contains(&name) {
            return Err(fault(format!("node `{name}` stands twice"), "rename or remove one of them"));
        }
        match made {
            Ok(node) => {
                self.nodes.insert(name, self.project.nodes.len());
                self.project.nodes.push(node);
                Ok(())
            }
            Err(fault) => {
                self.broken.insert(name);
                Err(fault)
            }
        }
    }

    pub(super) fn junction(&mut self, line: &Line<'_>) -> Outcome {
        let made = self.make_junction(line);
        self.new_node(line, made)
    }

    fn make_junction(&self, line: &Line<'_>) -> Outcome<Node> {
        let elevation = figure_or(line, 1, "elevation", 0.0)?;
        let base = figure_or(line, 2, "demand", 0.0)?;
        let pattern = self.pattern_word(line, 3)?;
        let demands = vec![Demand { base, pattern, category: String::new() }];
        Ok(node(line, elevation, NodeKind::Junction { demands, emitter: 0.0 }))
    }

    /// The pattern named at a place; none when nothing or `*` stands there.
    pub(super) fn pattern_word(&self, line: &Line<'_>, at: usize) -> Outcome<Option<usize>> {
        let word = line.token(at);
        if absent(word) {
            return Ok(None);
        }
        match self.find_pattern(word) {
            Ok(index) => Ok(Some(index)),
            Err(Missing::Known) => Ok(None),
            Err(Missing::Unknown(f)) => Err(fault(format!("`{}`: {}", line.token(0), f.message), f.remedy)),
        }
    }

    fn curve_word(&self, line: &Line<'_>, at: usize) -> Outcome<Option<usize>> {
        match self.find_curve(line.token(at)) {
            Ok(index) => Ok(Some(index)),
            Err(Missing::Known) => Ok(None),
            Err(Missing::Unknown(f)) => Err(fault(format!("`{}`: {}", line.token(0), f.message), f.remedy)),
        }
    }

    pub(super) fn reservoir(&mut self, line: &Line<'_>) -> Outcome {
        if line.tokens.len() > 5 {
            return self.tank(line); // EPANET reads both sections alike
        }
        let made = figure(line, 1, "head").and_then(|head| {
            Ok(node(line, head, NodeKind::Reservoir { pattern: self.pattern_word(line, 2)? }))
        });
        self.new_node(line, made)
    }

    pub(super) fn tank(&mut self, line: &Line<'_>) -> Outcome {
        if line.tokens.len() <= 3 {
            return self.reservoir(line);
        }
        let made = self.make_tank(line);
        self.new_node(line, made)
    }

    fn make_tank(&self, line: &Line<'_>) -> Outcome<Node> {
        let elevation = figure(line, 1, "elevation")?;
        let level = |at, what| not_below_zero(line, what, figure(line, at, what)?);
        let mut tank = Tank {
            initial_level: level(2, "initial level")?,
            minimum_level: level(3, "minimum level")?,
            maximum_level: level(4, "maximum level")?,
            diameter: level(5, "diameter")?,
            ..Tank::default()
        };
        if line.tokens.len() > 6 {
            tank.minimum_volume = level(6, "minimum volume")?;
        }
        if !absent(line.token(7)) {
            tank.volume_curve = self.curve_word(line, 7)?;
        }
        match line.token(8) {
            "" | "*" => {}
            word if starts_with(word, "YES") => tank.overflow = true,
            word if starts_with(word, "NO") => {}
            word => {
                return Err(fault(
                    format!("tank `{}`: overflow `{word}` is neither YES nor NO", line.token(0)),
                    "write YES or NO",
                ));
            }
        }
        if tank.minimum_level > tank.maximum_level
            || tank.initial_level < tank.minimum_level
            || tank.initial_level > tank.maximum_level
        {
            return Err(fault(
                format!(
                    "tank `{}`: levels are crossed (initial {}, minimum {}, maximum {})",
                    line.token(0),
                    tank.initial_level,
                    tank.minimum_level,
                    tank.maximum_level
                ),
                "give minimum ≤ initial ≤ maximum",
            ));
        }
        if tank.diameter == 0.0 && tank.volume_curve.is_none() {
            return Err(fault(
                format!("tank `{}` has neither a diameter nor a volume curve", line.token(0)),
                "give one, or move it to [RESERVOIRS]",
            ));
        }
        Ok(node(line, elevation, NodeKind::Tank(tank)))
    }

    fn ends(&self, line: &Line<'_>) -> Result<(usize, usize), Missing> {
        let name = line.token(0);
        let end = |at: usize| {
            self.find_node(line.token(at)).map_err(|missing| match missing {
                Missing::Unknown(f) => {
                    Missing::Unknown(fault(format!("link `{name}`: {}", f.message), f.remedy))
                }
                Missing::Known => Missing::Known,
            })
        };
        let (from, to) = (end(1)?, end(2)?);
        if from == to {
            return Err(Missing::Unknown(fault(
                format!("link `{name}` begins and ends at node `{}`", line.token(1)),
                "connect it to two nodes",
            )));
        }
        Ok((from, to))
    }

    fn new_link(
        &mut self,
        line: &Line<'_>,
        make: impl FnOnce(&Self) -> Outcome<(LinkKind, InitialStatus)>,
    ) -> Outcome {
        let name = line.token(0).to_owned();
        if self.links.contains_key(&name) {
            return Err(fault(format!("link `{name}` stands twice"), "rename or remove one of them"));
        }
        let made = match self.ends(line) {
            Ok(ends) => make(self).map(|made| (ends, made)),
            Err(Missing::Known) => {
                self.broken.insert(name);
                return Ok(());
            }
            Err(Missing::Unknown(fault)) => Err(fault),
        };
        let ((from, to), (kind, status)) = made.inspect_err(|_| {
            self.broken.insert(name.clone());
        })?;
        self.links.insert(name.clone(), self.project.links.len());
        self.project.links.push(Link {
            name,
            from,
            to,
            kind,
            status,
            vertices: Vec::new(),
            tag: String::new(),
            comment: line.comment.trim().to_owned(),
            line: line.number,
        });
        Ok(())
    }

    pub(super) fn pipe(&mut self, line: &Line<'_>) -> Outcome {
        self.new_link(line, |reader| {
            // Defaults of input3.c, in the unit system of the flow units.
            let metric = crate::units::is_metric(reader.project.options.flow_units);
            let (length, diameter) = if metric { (100.0, 254.0) } else { (330.0, 10.0) };
            let roughness = match reader.project.options.formula {
                Formula::HazenWilliams => 130.0,
                Formula::DarcyWeisbach => 0.0005,
                Formula::ChezyManning => 0.01,
            };
            let mut pipe = Pipe {
                length: above_zero(line, "length", figure_or(line, 3, "length", length)?)?,
                diameter: above_zero(line, "diameter", figure_or(line, 4, "diameter", diameter)?)?,
                roughness: above_zero(line, "roughness", figure_or(line, 5, "roughness", roughness)?)?,
                minor_loss: 0.0,
                check_valve: false,
                bulk: None,
                wall: None,
                leak_area: 0.0,
                leak_expansion: 0.0,
            };
            let mut status = InitialStatus::Open;
            for at in 6..line.tokens.len().min(8) {
                let word = line.token(at);
                if starts_with(word, "CV") {
                    pipe.check_valve = true;
                } else if starts_with(word, "CLOSED") {
                    status = InitialStatus::Closed;
                } else if starts_with(word, "OPEN") {
                    status = InitialStatus::Open;
                } else if at == 6 {
                    pipe.minor_loss = not_below_zero(line, "minor loss", figure(line, 6, "minor loss")?)?;
                } else {
                    return Err(fault(
                        format!("pipe `{}`: status `{word}` is none of OPEN, CLOSED, CV", line.token(0)),
                        "write one of them",
                    ));
                }
            }
            Ok((LinkKind::Pipe(pipe), status))
        })
    }

    pub(super) fn pump(&mut self, line: &Line<'_>) -> Outcome {
        self.new_link(line, |reader| {
            let mut pump = Pump { speed: 1.0, ..Pump::default() };
            // The oldest form has only numbers: a curve of its own is not kept by EPANET 2.3 either.
            for at in (3..line.tokens.len()).step_by(2) {
                let word = line.token(at);
                let value = at + 1;
                if starts_with(word, "POWER") {
                    pump.power = above_zero(line, "power", figure(line, value, "power")?)?;
                } else if starts_with(word, "HEAD") {
                    pump.head_curve = reader.curve_word(line, value)?;
                    if pump.head_curve.is_none() {
                        pump.power = 1.0; // its curve is already a problem of its own
                    }
                } else if starts_with(word, "PATT") {
                    pump.pattern = reader.pattern_word(line, value)?;
                } else if starts_with(word, "SPEE") {
                    pump.speed = not_below_zero(line, "speed", figure(line, value, "speed")?)?;
                } else {
                    return Err(fault(
                        format!("pump `{}`: `{word}` is none of HEAD, POWER, SPEED, PATTERN", line.token(0)),
                        "write one of them and its value",
                    ));
                }
            }
            if pump.head_curve.is_none() && pump.power == 0.0 {
                return Err(fault(
                    format!("pump `{}` has neither a head curve nor a power", line.token(0)),
                    "add HEAD and a curve, or POWER and a figure",
                ));
            }
            Ok((LinkKind::Pump(pump), InitialStatus::Open))
        })
    }

    pub(super) fn valve(&mut self, line: &Line<'_>) -> Outcome {
        self.new_link(line, |reader| {
            let kind = valve_kind(line.token(4)).ok_or_else(|| {
                fault(
                    format!("valve `{}`: `{}` is not a kind of valve", line.token(0), line.token(4)),
                    "write PRV, PSV, PBV, FCV, TCV, GPV or PCV",
                )
            })?;
            let diameter = above_zero(line, "diameter", figure(line, 3, "diameter")?)?;
            let mut valve = Valve { kind, diameter, setting: 0.0, minor_loss: 0.0, curve: None };
            let mut status = InitialStatus::Active;
            if kind == ValveKind::Gpv {
                valve.curve = reader.curve_word(line, 5)?;
                status = InitialStatus::Open;
            } else {
                valve.setting = figure_or(line, 5, "setting", 0.0)?;
            }
            valve.minor_loss = not_below_zero(line, "minor loss", figure_or(line, 6, "minor loss", 0.0)?)?;
            if kind == ValveKind::Pcv && !absent(line.token(7)) {
                valve.curve = reader.curve_word(line, 7)?;
                valve.setting = valve.setting.min(100.0);
            }
            Ok((LinkKind::Valve(valve), status))
        })
    }

    pub(super) fn demand(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_node(line.token(0)));
        let base = figure(line, 1, "demand")?;
        let demand =
            Demand { base, pattern: self.pattern_word(line, 2)?, category: line.comment.trim().to_owned() };
        if let Some(Node { kind: NodeKind::Junction { demands, .. }, .. }) = self.project.nodes.get_mut(index)
        {
            if self.categorised.insert(index) {
                demands.clear(); // the first category replaces what [JUNCTIONS] said
            }
            demands.push(demand);
        }
        Ok(())
    }

    pub(super) fn coordinates(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_node(line.token(0)));
        let place = (figure(line, 1, "x")?, figure(line, 2, "y")?);
        if let Some(node) = self.project.nodes.get_mut(index) {
            node.place = Some(place);
        }
        Ok(())
    }

    pub(super) fn vertex(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_link(line.token(0)));
        let place = (figure(line, 1, "x")?, figure(line, 2, "y")?);
        if let Some(link) = self.project.links.get_mut(index) {
            link.vertices.push(place);
        }
        Ok(())
    }

    pub(super) fn tag(&mut self, line: &Line<'_>) -> Outcome {
        let tag = line.tokens.get(2..).unwrap_or_default().join(" ");
        if starts_with(line.token(0), "NODE") {
            let index = follow!(self.find_node(line.token(1)));
            if let Some(node) = self.project.nodes.get_mut(index) {
                node.tag = tag;
            }
        } else if starts_with(line.token(0), "LINK") {
            let index = follow!(self.find_link(line.token(1)));
            if let Some(link) = self.project.links.get_mut(index) {
                link.tag = tag;
            }
        } else {
            return Err(fault(
                format!("`{}` is neither NODE nor LINK", line.token(0)),
                "begin the line with one of them",
            ));
        }
        Ok(())
    }

    pub(super) fn emitter(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_node(line.token(0)));
        let value = not_below_zero(line, "emitter coefficient", figure(line, 1, "emitter coefficient")?)?;
        if let Some(Node { kind: NodeKind::Junction { emitter, .. }, .. }) = self.project.nodes.get_mut(index)
        {
            *emitter = value;
        }
        Ok(())
    }

    pub(super) fn leakage(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_link(line.token(0)));
        let area = not_below_zero(line, "leak area", figure(line, 1, "leak area")?)?;
        let expansion = not_below_zero(line, "leak expansion", figure(line, 2, "leak expansion")?)?;
        if let Some(Link { kind: LinkKind::Pipe(pipe), .. }) = self.project.links.get_mut(index) {
            pipe.leak_area = area;
            pipe.leak_expansion = expansion;
        }
        Ok(())
    }

    pub(super) fn status(&mut self, line: &Line<'_>) -> Outcome {
        let last = line.tokens.len() - 1;
        if last == 0 {
            return Err(fault(
                format!("link `{}` is given no status", line.token(0)),
                "add OPEN, CLOSED or a setting",
            ));
        }
        let word = line.token(last);
        let (status, setting) = if starts_with(word, "OPEN") {
            (InitialStatus::Open, None)
        } else if starts_with(word, "CLOSED") {
            (InitialStatus::Closed, None)
        } else {
            let value = not_below_zero(line, "setting", figure(line, last, "setting")?)?;
            (InitialStatus::Active, Some(value))
        };
        if last > 1 {
            let (first, second) = (line.token(0).to_owned(), line.token(1).to_owned());
            for link in &mut self.project.links {
                if within(&link.name, &first, &second) {
                    change(link, status, setting);
                }
            }
            return Ok(());
        }
        let index = follow!(self.find_link(line.token(0)));
        let Some(link) = self.project.links.get_mut(index) else { return Ok(()) };
        if matches!(&link.kind, LinkKind::Pipe(p) if p.check_valve) {
            return Err(fault(
                format!("pipe `{}` has a check valve: its status follows the flow", link.name),
                "remove this line",
            ));
        }
        if matches!(&link.kind, LinkKind::Valve(v) if v.kind == ValveKind::Gpv) && setting.is_some() {
            return Err(fault(
                format!("valve `{}` is a GPV: its curve is its setting", link.name),
                "write OPEN or CLOSED",
            ));
        }
        change(link, status, setting);
        Ok(())
    }
}

/// EPANET's ranges: by number when both ends are numbers, else by letters.
pub(super) fn within(name: &str, first: &str, last: &str) -> bool {
    match (leading_integer(first), leading_integer(last)) {
        (Some(a), Some(b)) => leading_integer(name).is_some_and(|n| n >= a && n <= b),
        _ => name >= first && name <= last,
    }
}

fn leading_integer(word: &str) -> Option<i64> {
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    digits.parse::<i64>().ok().filter(|n| *n > 0)
}

fn change(link: &mut Link, status: InitialStatus, setting: Option<f64>) {
    match &mut link.kind {
        LinkKind::Pipe(pipe) => {
            if setting.is_none() && !pipe.check_valve {
                link.status = status;
            }
        }
        LinkKind::Pump(pump) => {
            pump.speed = setting.unwrap_or(if status == InitialStatus::Open { 1.0 } else { 0.0 });
            link.status = if pump.speed == 0.0 { InitialStatus::Closed } else { InitialStatus::Open };
        }
        LinkKind::Valve(valve) => {
            if valve.kind == ValveKind::Gpv && setting.is_some() {
                return;
            }
            if let Some(value) = setting {
                valve.setting = value;
            }
            link.status = status;
        }
    }
}

pub(super) fn valve_kind(word: &str) -> Option<ValveKind> {
    use ValveKind::{Fcv, Gpv, Pbv, Pcv, Prv, Psv, Tcv};
    [Prv, Psv, Pbv, Fcv, Tcv, Gpv, Pcv].into_iter().find(|k| starts_with(word, k.word()))
}

fn node(line: &Line<'_>, elevation: f64, kind: NodeKind) -> Node {
    Node {
        name: line.token(0).to_owned(),
        elevation,
        kind,
        initial_quality: 0.0,
        source: None,
        place: None,
        tag: String::new(),
        comment: line.comment.trim().to_owned(),
        line: line.number,
    }
}

/// Whether a word is a number (used where a keyword or a number may stand).
pub(super) fn is_number(word: &str) -> bool {
    number(word).is_some()
}
