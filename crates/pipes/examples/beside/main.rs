//! The supply engine beside EPANET on foreign networks (与 EPANET 逐值比对). `reference.py` fills a folder;
//! `beside FOLDER` prints the page of accuracy, `beside FOLDER --unlike` the names of the networks that are
//! not within, for which EPANET is then asked how far it is from itself.

#![expect(clippy::print_stdout, reason = "a tool of the tests speaks on its standard output")]

mod compare;
mod page;
mod results;

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let folder = args.next().ok_or("give the folder that reference.py filled")?;
    let (folder, names_only) = (Path::new(&folder), args.next().is_some());
    let (mut outcomes, mut refused, mut unsolved) = (Vec::new(), Vec::new(), Vec::new());
    for row in std::fs::read_to_string(folder.join("list.txt"))?.lines() {
        let Some((code, name)) = row.split_once(' ') else { continue };
        // EPANET's codes up to 6 are warnings.
        if code.parse::<i32>().is_ok_and(|code| code > 100) {
            unsolved.push(format!("{name}` (error {code})"));
            continue;
        }
        match compare::compare(folder, name) {
            Ok(outcome) => outcomes.push(outcome),
            Err(why) => refused.push((name.to_owned(), why)),
        }
    }
    if names_only {
        outcomes.iter().filter(|o| !o.ours.within()).for_each(|o| println!("{}", o.name));
    } else {
        print!("{}", page::page(&outcomes, &refused, &unsolved));
    }
    Ok(())
}
