//! 主题: names, filters, and which filter meets which name (3.1.1 §4.7).

use crate::fault::Fault;

/// Longest topic or filter, bytes.
pub const MAX_TOPIC: usize = 1_024;
/// Most levels of a topic or filter.
pub const MAX_LEVELS: usize = 32;

/// Checks a topic that is published to.
///
/// # Errors
/// It is empty, too long or too deep, or holds a wildcard.
pub fn check_name(name: &str) -> Result<(), Fault> {
    sized(name)?;
    if name.contains(['+', '#']) {
        return Err(Fault::fatal("bad_topic", format!("`{}`: wildcards are for filters", start(name))));
    }
    Ok(())
}

/// Checks a topic filter.
///
/// # Errors
/// It is empty, too long or too deep, or a wildcard does not stand alone (`#` only at the end).
pub fn check_filter(filter: &str) -> Result<(), Fault> {
    sized(filter)?;
    let last = filter.split('/').count() - 1;
    let bad = filter.split('/').enumerate().any(|(n, level)| match level {
        "+" => false,
        "#" => n != last,
        _ => level.contains(['+', '#']),
    });
    if bad {
        let message = format!("`{}`: a wildcard is a whole level, `#` the last", start(filter));
        return Err(Fault::fatal("bad_topic", message));
    }
    Ok(())
}

fn sized(text: &str) -> Result<(), Fault> {
    if text.is_empty() || text.len() > MAX_TOPIC || text.split('/').count() > MAX_LEVELS {
        let message = format!("a topic has 1 to {MAX_TOPIC} bytes and at most {MAX_LEVELS} levels");
        return Err(Fault::fatal("bad_topic", message));
    }
    if text.contains('\0') {
        return Err(Fault::fatal("bad_topic", "a topic holds a null character"));
    }
    Ok(())
}

fn start(text: &str) -> String {
    text.chars().take(80).collect()
}

/// Whether a filter meets a name. Names that start with `$` are met only by filters that do.
#[must_use]
pub fn matches(filter: &str, name: &str) -> bool {
    if name.starts_with('$') != filter.starts_with('$') {
        return false;
    }
    let mut names = name.split('/');
    for level in filter.split('/') {
        match (level, names.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(name)) if level == name => {}
            _ => return false,
        }
    }
    names.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_meet_names_as_the_standards_examples_say() {
        for (filter, name, meets) in [
            ("sport/tennis/player1/#", "sport/tennis/player1", true),
            ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true),
            ("sport/tennis/+", "sport/tennis/player1", true),
            ("sport/tennis/+", "sport/tennis/player1/ranking", false),
            ("sport/+", "sport", false),
            ("sport/+", "sport/", true),
            ("+/+", "/finance", true),
            ("/+", "/finance", true),
            ("+", "/finance", false),
            ("#", "$SYS/load", false),
            ("+/monitor/Clients", "$SYS/monitor/Clients", false),
            ("$SYS/#", "$SYS/load", true),
        ] {
            assert_eq!(matches(filter, name), meets, "{filter} {name}");
        }
        for bad in ["sport/tennis#", "sport/tennis/#/ranking", "sport+", "", "a\0"] {
            assert!(check_filter(bad).is_err(), "{bad}");
        }
        assert!(check_name("a/+").is_err() && check_name("a/b").is_ok() && check_filter("+/b/#").is_ok());
    }
}
