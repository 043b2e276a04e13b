//! The network's run through the days, and what the instruments read of it.

use crate::dice::Dice;
use crate::error::CityError;
use crate::models::supply as ground;
use crate::town::Town;
use crate::town::supply::Measured;
use field::time::{DAY_MS, HOUR_MS, Time};
use pipes::{Model, Runner, State, Unsolved};

/// Pascals of a metre of water, in MPa.
const MPA_PER_M: f64 = 0.009_806_65;
/// Cubic metres of a litre.
const M3_PER_L: f64 = 0.001;
/// How far a zone's demand leaves its day's course from hour to hour, as a share.
const HOURLY: f64 = 0.08;
/// Noise of instruments: flow as a share, pressure in MPa, depth in m.
const FLOW_NOISE: f64 = 0.01;
const PRESSURE_NOISE_MPA: f64 = 0.002;
const DEPTH_NOISE_M: f64 = 0.005;

/// An element of the register map and its value.
pub(super) type Value = (&'static str, f64);

/// The real network at a moment of the town's clock.
#[derive(Debug)]
pub(super) struct Day {
    seed: u64,
    model: Model,
    /// Junctions of each zone.
    zones: Vec<Vec<usize>>,
    instruments: Vec<Vec<Instrument>>,
    /// Midnight before the run, its state, and the hour whose demands it has.
    run: Option<(Time, State, i64)>,
}

/// What is wrong with a generated network.
fn first(problems: &[pipes::Problem]) -> CityError {
    CityError::Supply(problems.first().map_or_else(String::new, ToString::to_string))
}

fn no_problem(problems: &[pipes::Problem]) -> Result<(), CityError> {
    if problems.is_empty() { Ok(()) } else { Err(first(problems)) }
}

/// What an instrument reads.
#[derive(Debug)]
enum Instrument {
    Flow(usize),
    Pressure(usize),
    Depth(usize),
    Running(Vec<usize>),
    /// Bit n: link n is open.
    Open(Vec<usize>),
}

impl Day {
    pub(super) fn of(town: &Town) -> Result<Self, CityError> {
        let built = networks::supply::generate(&ground::truth(town.seed));
        let (project, problems) = pipes::read(&built.inp);
        no_problem(&problems)?;
        let model = Model::new(project).map_err(|problems| first(&problems))?;
        let node = |name: &String| model.node(name);
        let link = |name: &String| model.link(name);
        let instruments = |m: &Measured| match m {
            Measured::Works { meter, outlet, pumps, clear_well } => vec![
                link(meter).map(Instrument::Flow),
                node(outlet).map(Instrument::Pressure),
                node(clear_well).map(Instrument::Depth),
                Some(Instrument::Running(pumps.iter().filter_map(link).collect())),
            ],
            Measured::Booster { outlet, pumps } => vec![
                node(outlet).map(Instrument::Pressure),
                Some(Instrument::Running(pumps.iter().filter_map(link).collect())),
            ],
            Measured::Tank { tank } => vec![node(tank).map(Instrument::Depth)],
            Measured::Zone { meter, inlet, valves, .. } => {
                let valves: Vec<usize> = valves.iter().filter_map(link).collect();
                let open = (!valves.is_empty()).then_some(Instrument::Open(valves));
                vec![link(meter).map(Instrument::Flow), node(inlet).map(Instrument::Pressure), open]
            }
            Measured::Logger { node: at } => vec![node(at).map(Instrument::Pressure)],
        };
        let places = &town.supply.places;
        Ok(Self {
            seed: town.seed,
            zones: built.zones.iter().map(|z| z.taps.iter().filter_map(node).collect()).collect(),
            instruments: places
                .iter()
                .map(|p| instruments(&p.measured).into_iter().flatten().collect())
                .collect(),
            model,
            run: None,
        })
    }

    /// What every PLC reads at a moment, in the stations' order.
    pub(super) fn at(&mut self, at: Time) -> Result<Vec<Vec<Value>>, Unsolved> {
        let longest_ms = i64::from(ground::HOURS) * HOUR_MS - DAY_MS;
        let (midnight, mut state, mut hour) = match self.run.take() {
            Some((midnight, state, hour))
                if (state.time() * 1_000..longest_ms).contains(&at.since_ms(midnight)) =>
            {
                (midnight, state, hour)
            }
            // The first look, a leap back or a month later.
            _ => (at.civil_day(), self.model.start(), -1),
        };
        let mut runner = Runner::new(&self.model);
        let target = at.since_ms(midnight) / 1_000;
        loop {
            let now = state.time().div_euclid(3_600);
            if now != hour {
                hour = now;
                self.demand(&mut state, midnight, hour);
            }
            // Up to the next hour, whose demands are others, or to the moment.
            runner.run_until(&mut state, target.min((hour + 1) * 3_600))?;
            if state.time() >= target {
                break;
            }
        }
        let minute = at.ms().div_euclid(60_000);
        let read = |(n, plc): (usize, &Vec<Instrument>)| {
            let mut dice = Dice::of(self.seed, "supply noise", minute * 1_000 + n as i64);
            plc.iter().map(|i| self.read(&state, i, &mut dice)).collect()
        };
        let values = self.instruments.iter().enumerate().map(read).collect();
        self.run = Some((midnight, state, hour));
        Ok(values)
    }

    /// Each zone's demand of an hour: the day's course, a little more or less.
    fn demand(&self, state: &mut State, midnight: Time, hour: i64) {
        let since = midnight.ms().div_euclid(HOUR_MS) + hour;
        for (n, taps) in self.zones.iter().enumerate() {
            let factor =
                1.0 + Dice::of(self.seed, "zone demand", since * 100 + n as i64).between(-HOURLY, HOURLY);
            for tap in taps {
                // Taps are junctions of this model, the factor is finite.
                let _cannot_fail = self.model.scale_demand(state, *tap, factor);
            }
        }
    }

    fn read(&self, state: &State, instrument: &Instrument, dice: &mut Dice) -> Value {
        let pressure_m = |node: usize| self.model.node_view(state, node).map_or(0.0, |view| view.pressure);
        match instrument {
            Instrument::Flow(link) => {
                let flow_lps = self.model.link_view(state, *link).map_or(0.0, |view| view.flow);
                ("flow", flow_lps * M3_PER_L * (1.0 + dice.between(-FLOW_NOISE, FLOW_NOISE)))
            }
            Instrument::Pressure(node) => {
                let noise = dice.between(-PRESSURE_NOISE_MPA, PRESSURE_NOISE_MPA);
                ("pressure", (pressure_m(*node) * MPA_PER_M + noise).max(0.0))
            }
            Instrument::Depth(tank) => {
                ("depth", (pressure_m(*tank) + dice.between(-DEPTH_NOISE_M, DEPTH_NOISE_M)).max(0.0))
            }
            Instrument::Running(pumps) => {
                let on = |p: &&usize| self.model.link_view(state, **p).is_some_and(|view| view.flow > 0.0);
                ("running", pumps.iter().filter(on).count() as f64)
            }
            Instrument::Open(links) => {
                let open = |link: &usize| {
                    self.model.link_view(state, *link).is_some_and(|view| !view.status.is_closed())
                };
                let bits =
                    links.iter().enumerate().filter(|(_, link)| open(link)).map(|(n, _)| 1u32 << n.min(15));
                ("valves", f64::from(bits.sum::<u32>()))
            }
        }
    }
}
