//! Writes the water supply of a synthetic town: `water SEED JUNCTIONS HOURS FILE.inp`.

use networks::supply::{Ask, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, seed, junctions, hours, file] = &args[..] else {
        return Err("water SEED JUNCTIONS HOURS FILE.inp".into());
    };
    let ask = Ask { hours: hours.parse()?, ..Ask::town(seed.parse()?, junctions.parse()?) };
    std::fs::write(file, generate(&ask).inp)?;
    Ok(())
}
