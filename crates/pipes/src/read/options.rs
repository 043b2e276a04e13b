//! `[OPTIONS]`, `[TIMES]` and `[ENERGY]`.

use super::{Outcome, Reader, fault, figure, follow, not_below_zero};
use crate::project::{FlowUnits, Formula, LinkKind, PressureUnits, QualityKind, Statistic, Unbalanced};
use numerics::inp::{Line, number, starts_with};

/// Least difference between required and minimum pressure (EPANET 2.2, `MINPDIFF`).
const PRESSURE_GAP: f64 = 0.1;

fn flow_units(word: &str) -> Option<FlowUnits> {
    use FlowUnits::{Afd, Cfs, Cmd, Cmh, Cms, Gpm, Imgd, Lpm, Lps, Mgd, Mld};
    [
        ("CFS", Cfs),
        ("GPM", Gpm),
        ("AFD", Afd),
        ("MGD", Mgd),
        ("IMGD", Imgd),
        ("LPS", Lps),
        ("LPM", Lpm),
        ("CMH", Cmh),
        ("CMD", Cmd),
        ("MLD", Mld),
        ("CMS", Cms),
        ("SI", Lps),
    ]
    .into_iter()
    .find(|(name, _)| starts_with(word, name))
    .map(|(_, units)| units)
}

impl Reader {
    pub(super) fn option(&mut self, line: &Line<'_>) -> Outcome {
        let (first, second, third) = (line.token(0), line.token(1), line.token(2));
        let choice = |what: &str, words: &str| {
            fault(format!("`{second}` is not a choice of {what}"), format!("write one of {words}"))
        };
        let options = &mut self.project.options;
        if starts_with(first, "UNIT") {
            options.flow_units = flow_units(second)
                .ok_or_else(|| choice("UNITS", "CFS, GPM, MGD, IMGD, AFD, LPS, LPM, MLD, CMH, CMD, CMS"))?;
        } else if starts_with(first, "PRESSURE") && !starts_with(second, "EXP") {
            options.pressure_units = Some(match second {
                w if starts_with(w, "PSI") => PressureUnits::Psi,
                w if starts_with(w, "KPA") => PressureUnits::Kpa,
                w if starts_with(w, "METERS") => PressureUnits::Metres,
                w if starts_with(w, "BAR") => PressureUnits::Bar,
                w if starts_with(w, "FEET") => PressureUnits::Feet,
                _ => return Err(choice("PRESSURE", "PSI, KPA, METERS, BAR, FEET")),
            });
        } else if starts_with(first, "HEADLOSS") {
            options.formula = match second {
                w if starts_with(w, "H-W") => Formula::HazenWilliams,
                w if starts_with(w, "D-W") => Formula::DarcyWeisbach,
                w if starts_with(w, "C-M") => Formula::ChezyManning,
                _ => return Err(choice("HEADLOSS", "H-W, D-W, C-M")),
            };
        } else if starts_with(first, "HYDR") {
            return Err(fault(
                format!("HYDRAULICS {second}: hydraulics files are not read or written"),
                "remove the line; hydraulics are computed in the same run",
            ));
        } else if starts_with(first, "QUAL") {
            return self.quality_kind(line);
        } else if starts_with(first, "MAP") {
            second.clone_into(&mut options.map);
        } else if starts_with(first, "VERI") || starts_with(first, "SEGM") {
            // Read and unused since EPANET 2.0.
        } else if starts_with(first, "UNBA") {
            options.unbalanced = match second {
                w if starts_with(w, "STOP") => Unbalanced::Stop,
                w if starts_with(w, "CONT") => Unbalanced::Continue(third.parse().unwrap_or(0)),
                _ => return Err(choice("UNBALANCED", "STOP, CONTINUE")),
            };
        } else if starts_with(first, "PATT") {
            second.clone_into(&mut options.default_pattern);
        } else if starts_with(first, "DEMAND") && starts_with(second, "MODEL") {
            options.pressure_driven = match third {
                w if starts_with(w, "DDA") => false,
                w if starts_with(w, "PDA") => true,
                _ => return Err(fault(format!("`{third}` is not a DEMAND MODEL"), "write DDA or PDA")),
            };
        } else if starts_with(first, "BACK") {
            options.emitter_backflow = !starts_with(third, "NO");
        } else {
            return self.option_value(line);
        }
        Ok(())
    }

    fn quality_kind(&mut self, line: &Line<'_>) -> Outcome {
        let (word, unit) = (line.token(1), line.token(2));
        self.project.options.quality = if starts_with(word, "NONE") || word.is_empty() {
            QualityKind::None
        } else if starts_with(word, "AGE") {
            QualityKind::Age
        } else if starts_with(word, "TRACE") {
            QualityKind::Trace { node: follow!(self.find_node(unit)) }
        } else {
            let name = if starts_with(word, "CHEM") { "Chemical" } else { word };
            QualityKind::Chemical {
                name: name.to_owned(),
                unit: if unit.is_empty() { "mg/L".to_owned() } else { unit.to_owned() },
            }
        };
        Ok(())
    }

    fn option_value(&mut self, line: &Line<'_>) -> Outcome {
        let first = line.token(0);
        let long = ["SPEC", "EMIT", "DEMAND", "MINI", "REQ", "PRESSURE", "PREC"];
        let at = if long.iter().any(|k| starts_with(first, k)) { 2 } else { 1 };
        if line.tokens.len() <= at {
            return Ok(()); // a missing value keeps the default, as in EPANET
        }
        let value = not_below_zero(line, "value", figure(line, at, "value")?)?;
        let positive = || super::above_zero(line, "value", value);
        let options = &mut self.project.options;
        // Counts are small; a fraction is cut off as EPANET does, but none falls to 0.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to 1..=1e6 first"
        )]
        let count = || positive().map(|v| v.clamp(1.0, 1e6) as u32);
        match () {
            () if starts_with(first, "TOLER") => options.quality_tolerance = Some(value),
            () if starts_with(first, "DIFF") => options.diffusivity = Some(value),
            () if starts_with(first, "DAMPLIMIT") => options.damp_limit = value,
            () if starts_with(first, "FLOWCHANGE") => options.flow_change = value,
            () if starts_with(first, "HEADERROR") => options.head_error = value,
            () if starts_with(first, "MINI") => {
                if options.required_pressure == PRESSURE_GAP {
                    options.required_pressure = value + PRESSURE_GAP;
                } else if options.required_pressure - value < PRESSURE_GAP {
                    return Err(crossed_pressures());
                }
                options.minimum_pressure = value;
            }
            () if starts_with(first, "REQ") => {
                if value - options.minimum_pressure < PRESSURE_GAP {
                    return Err(crossed_pressures());
                }
                options.required_pressure = value;
            }
            () if starts_with(first, "PRESSURE") => options.pressure_exponent = positive()?,
            () if starts_with(first, "VISC") => options.viscosity = Some(positive()?),
            () if starts_with(first, "SPEC") => options.specific_gravity = positive()?,
            () if starts_with(first, "TRIAL") => options.trials = count()?,
            () if starts_with(first, "ACCU") => options.accuracy = positive()?.clamp(1e-5, 0.1),
            () if starts_with(first, "HTOL") => options.head_tolerance = positive()?,
            () if starts_with(first, "QTOL") => options.flow_tolerance = positive()?,
            () if starts_with(first, "RQTOL") => options.resistance_tolerance = positive()?,
            () if starts_with(first, "CHECKFREQ") => options.check_frequency = count()?,
            () if starts_with(first, "MAXCHECK") => options.maximum_check = count()?,
            () if starts_with(first, "EMIT") => options.emitter_exponent = positive()?,
            () if starts_with(first, "DEMAND") => options.demand_multiplier = positive()?,
            () => {
                return Err(fault(
                    format!("option `{first}` is not one of EPANET's"),
                    "correct the word or remove the line",
                ));
            }
        }
        Ok(())
    }

    pub(super) fn time(&mut self, line: &Line<'_>) -> Outcome {
        let (first, second) = (line.token(0), line.token(1));
        let last = line.tokens.len() - 1;
        if last == 0 {
            return Err(fault(format!("time `{first}` has no value"), "complete the line"));
        }
        let word = line.token(last);
        let times = &mut self.project.times;
        if starts_with(first, "STAT") {
            times.statistic = match word {
                w if starts_with(w, "NO") => Statistic::Series,
                w if starts_with(w, "AVERAGE") => Statistic::Average,
                w if starts_with(w, "MINIMUM") => Statistic::Minimum,
                w if starts_with(w, "MAXIMUM") => Statistic::Maximum,
                w if starts_with(w, "RANGE") => Statistic::Range,
                _ => {
                    return Err(fault(
                        format!("`{word}` is not a statistic"),
                        "write NONE, AVERAGE, MINIMUM, MAXIMUM or RANGE",
                    ));
                }
            };
            return Ok(());
        }
        let hours = hours(word, "").or_else(|| hours(line.token(last - 1), word)).ok_or_else(|| {
            fault(
                format!("time `{first}`: `{word}` is not a time"),
                "write hours, h:mm:ss, or a figure and its unit",
            )
        })?;
        #[expect(clippy::cast_possible_truncation, reason = "hours() is bounded")]
        let seconds = (hours * 3600.0 + 0.5) as i64;
        match () {
            () if starts_with(first, "DURA") => times.duration = seconds,
            () if starts_with(first, "HYDR") => times.hydraulic_step = seconds,
            () if starts_with(first, "QUAL") => times.quality_step = seconds,
            () if starts_with(first, "RULE") => times.rule_step = seconds,
            () if starts_with(first, "MINI") => {}
            () if starts_with(first, "PATT") && starts_with(second, "TIME") => times.pattern_step = seconds,
            () if starts_with(first, "PATT") && starts_with(second, "STAR") => times.pattern_start = seconds,
            () if starts_with(first, "REPO") && starts_with(second, "TIME") => times.report_step = seconds,
            () if starts_with(first, "REPO") && starts_with(second, "STAR") => times.report_start = seconds,
            () if starts_with(first, "STAR") => times.start_clock = seconds % 86_400,
            () => {
                return Err(fault(
                    format!("time `{first} {second}` is not one of EPANET's"),
                    "correct the words or remove the line",
                ));
            }
        }
        Ok(())
    }

    pub(super) fn energy(&mut self, line: &Line<'_>) -> Outcome {
        let first = line.token(0);
        let last = line.tokens.len() - 1;
        if starts_with(first, "DEMAN") {
            self.project.options.demand_charge =
                not_below_zero(line, "charge", figure(line, last, "charge")?)?;
            return Ok(());
        }
        let global = starts_with(first, "GLOB");
        if !global && !starts_with(first, "PUMP") {
            return Err(fault(
                format!("`{first}` is none of GLOBAL, PUMP, DEMAND"),
                "begin the line with one of them",
            ));
        }
        let word = line.token(if global { 1 } else { 2 });
        let pump = if global { None } else { Some(follow!(self.find_link(line.token(1)))) };
        if starts_with(word, "PATT") {
            let pattern = Some(follow!(self.find_pattern(line.token(last))));
            match pump {
                None => self.project.options.energy_pattern = pattern,
                Some(_) => self.with_pump(pump, |p| p.price_pattern = pattern)?,
            }
        } else if starts_with(word, "EFFI") && pump.is_some() {
            let curve = Some(follow!(self.find_curve(line.token(last))));
            self.with_pump(pump, |p| p.efficiency_curve = curve)?;
        } else if starts_with(word, "EFFI") {
            self.project.options.pump_efficiency =
                super::above_zero(line, "efficiency", figure(line, last, "efficiency")?)?;
        } else if starts_with(word, "PRICE") {
            let price = not_below_zero(line, "price", figure(line, last, "price")?)?;
            match pump {
                None => self.project.options.energy_price = price,
                Some(_) => self.with_pump(pump, |p| p.price = price)?,
            }
        } else {
            return Err(fault(
                format!("`{word}` is none of PRICE, PATTERN, EFFIC"),
                "write one of them and its value",
            ));
        }
        Ok(())
    }

    fn with_pump(&mut self, at: Option<usize>, change: impl FnOnce(&mut crate::project::Pump)) -> Outcome {
        match at.and_then(|at| self.project.links.get_mut(at)) {
            Some(link) => match &mut link.kind {
                LinkKind::Pump(pump) => {
                    change(pump);
                    Ok(())
                }
                _ => Err(fault(format!("link `{}` is not a pump", link.name), "name a pump")),
            },
            None => Ok(()),
        }
    }
}

fn crossed_pressures() -> super::Fault {
    fault("required pressure is not above the minimum pressure by 0.1 or more", "raise REQUIRED PRESSURE")
}

/// Hours of a decimal figure with a unit, or of a clock time (`hour` in input2.c).
pub(super) fn hours(word: &str, unit: &str) -> Option<f64> {
    const LIMIT: f64 = 1e7; // a thousand years; keeps seconds within range
    let parts: Vec<&str> = word.split(':').collect();
    // EPANET reads past seconds without complaint; a zero there changes nothing.
    if parts.len() > 3 && parts.iter().skip(3).any(|part| number(part) != Some(0.0)) {
        return None;
    }
    let mut value = 0.0;
    for (part, scale) in parts.iter().zip([1.0, 60.0, 3600.0]) {
        value += number(part)? / scale;
    }
    let result =
        if parts.len() == 1 && !unit.is_empty() && !starts_with(unit, "AM") && !starts_with(unit, "PM") {
            match unit {
                u if starts_with(u, "SEC") => value / 3600.0,
                u if starts_with(u, "MIN") => value / 60.0,
                u if starts_with(u, "HOU") => value,
                u if starts_with(u, "DAY") => value * 24.0,
                _ => return None,
            }
        } else if starts_with(unit, "AM") {
            match value {
                v if v >= 13.0 => return None,
                v if v >= 12.0 => v - 12.0,
                v => v,
            }
        } else if starts_with(unit, "PM") {
            match value {
                v if v >= 13.0 => return None,
                v if v >= 12.0 => v,
                v => v + 12.0,
            }
        } else if unit.is_empty() {
            value
        } else {
            return None;
        };
    (0.0..LIMIT).contains(&result).then_some(result)
}
