//! `[QUALITY]`, `[SOURCES]`, `[REACTIONS]` and `[MIXING]`.

use super::elements::within;
use super::{Outcome, Reader, fault, figure, figure_or, follow, not_below_zero};
use crate::project::{LinkKind, Mixing, NodeKind, Source, SourceKind};
use numerics::inp::{Line, starts_with};

impl Reader {
    pub(super) fn quality(&mut self, line: &Line<'_>) -> Outcome {
        let last = line.tokens.len() - 1;
        let value = not_below_zero(line, "quality", figure(line, last, "quality")?)?;
        if last > 1 {
            for node in &mut self.project.nodes {
                if within(&node.name, line.token(0), line.token(1)) {
                    node.initial_quality = value;
                }
            }
            return Ok(());
        }
        let index = follow!(self.find_node(line.token(0)));
        if let Some(node) = self.project.nodes.get_mut(index) {
            node.initial_quality = value;
        }
        Ok(())
    }

    pub(super) fn source(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_node(line.token(0)));
        let (kind, at) = match line.token(1) {
            w if starts_with(w, "CONCEN") => (SourceKind::Concentration, 2),
            w if starts_with(w, "MASS") => (SourceKind::Mass, 2),
            w if starts_with(w, "SETPOINT") => (SourceKind::Setpoint, 2),
            w if starts_with(w, "FLOWPACED") => (SourceKind::FlowPaced, 2),
            _ => (SourceKind::Concentration, 1),
        };
        let strength = figure(line, at, "source strength")?;
        let pattern = self.pattern_word(line, at + 1)?;
        if let Some(node) = self.project.nodes.get_mut(index) {
            node.source = Some(Source { kind, strength, pattern });
        }
        Ok(())
    }

    pub(super) fn reaction(&mut self, line: &Line<'_>) -> Outcome {
        let (first, second) = (line.token(0), line.token(1));
        let last = line.tokens.len() - 1;
        if last < 1 {
            return Err(fault(format!("reaction `{first}` has no value"), "complete the line"));
        }
        let value = figure(line, last, "value")?;
        let options = &mut self.project.options;
        let unknown = |words: &str| {
            fault(format!("`{first} {second}` is not a reaction of EPANET's"), format!("write {words}"))
        };
        if starts_with(first, "ORDER") {
            match second {
                w if starts_with(w, "BULK") => options.bulk_order = value,
                w if starts_with(w, "TANK") => options.tank_order = value,
                w if starts_with(w, "WALL") && (value == 0.0 || value == 1.0) => options.wall_order = value,
                w if starts_with(w, "WALL") => {
                    return Err(fault(format!("wall order {value} is neither 0 nor 1"), "write 0 or 1"));
                }
                _ => return Err(unknown("ORDER BULK, ORDER TANK or ORDER WALL")),
            }
        } else if starts_with(first, "ROUG") {
            options.roughness_correlation = value;
        } else if starts_with(first, "LIMIT") {
            options.limiting_potential = value;
        } else if starts_with(first, "GLOB") {
            match second {
                w if starts_with(w, "BULK") => options.global_bulk = value,
                w if starts_with(w, "WALL") => options.global_wall = value,
                _ => return Err(unknown("GLOBAL BULK or GLOBAL WALL")),
            }
        } else if starts_with(first, "TANK") {
            return self.tank_reaction(line, value);
        } else if starts_with(first, "BULK") || starts_with(first, "WALL") {
            return self.pipe_reaction(line, value, starts_with(first, "BULK"));
        } else {
            return Err(unknown("ORDER, GLOBAL, BULK, WALL, TANK, LIMITING or ROUGHNESS"));
        }
        Ok(())
    }

    fn tank_reaction(&mut self, line: &Line<'_>, value: f64) -> Outcome {
        let (first, last) =
            (line.token(1), if line.tokens.len() > 3 { line.token(2) } else { line.token(1) });
        if line.tokens.len() <= 3 {
            follow!(self.find_node(first));
        }
        for node in &mut self.project.nodes {
            let chosen = if first == last { node.name == first } else { within(&node.name, first, last) };
            if let (true, NodeKind::Tank(tank)) = (chosen, &mut node.kind) {
                tank.bulk = Some(value);
            }
        }
        Ok(())
    }

    fn pipe_reaction(&mut self, line: &Line<'_>, value: f64, bulk: bool) -> Outcome {
        let (first, last) =
            (line.token(1), if line.tokens.len() > 3 { line.token(2) } else { line.token(1) });
        if line.tokens.len() <= 3 {
            follow!(self.find_link(first));
        }
        for link in &mut self.project.links {
            let chosen = if first == last { link.name == first } else { within(&link.name, first, last) };
            if let (true, LinkKind::Pipe(pipe)) = (chosen, &mut link.kind) {
                *(if bulk { &mut pipe.bulk } else { &mut pipe.wall }) = Some(value);
            }
        }
        Ok(())
    }

    pub(super) fn mixing(&mut self, line: &Line<'_>) -> Outcome {
        let index = follow!(self.find_node(line.token(0)));
        let share = figure_or(line, 2, "compartment's share", 1.0);
        let mixing = match line.token(1) {
            w if starts_with(w, "MIXED") => Mixing::Complete,
            w if starts_with(w, "2COMP") => {
                let share = share?;
                Mixing::TwoCompartments(if share == 0.0 { 1.0 } else { share })
            }
            w if starts_with(w, "FIFO") => Mixing::Fifo,
            w if starts_with(w, "LIFO") => Mixing::Lifo,
            w => {
                return Err(fault(
                    format!("tank `{}`: `{w}` is not a mixing model", line.token(0)),
                    "write MIXED, 2COMP, FIFO or LIFO",
                ));
            }
        };
        match self.project.nodes.get_mut(index).map(|n| &mut n.kind) {
            Some(NodeKind::Tank(tank)) => tank.mixing = mixing,
            Some(NodeKind::Junction { .. }) => {
                return Err(fault(format!("node `{}` is not a tank", line.token(0)), "name a tank"));
            }
            _ => {}
        }
        Ok(())
    }
}
