//! Writes the storm sewers of a synthetic town: `town SEED CONDUITS HOURS PEAK_MMH FILE.inp`.

use networks::sewers::{Ask, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, seed, conduits, hours, peak, file] = &args[..] else {
        return Err("town SEED CONDUITS HOURS PEAK_MMH FILE.inp".into());
    };
    let mut ask = Ask::town(seed.parse()?, conduits.parse()?);
    ask.hours = hours.parse()?;
    ask.rain_peak_mmh = peak.parse()?;
    std::fs::write(file, generate(&ask).inp)?;
    Ok(())
}
