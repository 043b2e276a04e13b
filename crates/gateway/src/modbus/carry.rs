//! 下发: a command becomes a write and its read-back.

use super::link::{Link, Trouble};
use super::turn::Asked;
use crate::downlink::Errand;
use field::command::Ask;
use serde_json::json;
use wire::modbus::{Answer, Image};

/// Carries an errand out; gives the sentence of a line that broke.
pub(super) async fn carry(errand: Errand, device: &Asked, link: &mut Link) -> Result<(), String> {
    let (target, value) = match &errand.command.ask {
        Ask::Write { target, value } => (target.clone(), *value),
        // By the habit of the bundled maps: a coil for each pump.
        Ask::SwitchPump { pump, on } => (format!("pump-{pump}-start"), f64::from(u8::from(*on))),
        other => {
            let why =
                format!("a Modbus device is written by `write` or `switch_pump`, not by `{}`", other.code());
            errand.refuse("unsupported", why);
            return Ok(());
        }
    };
    let (write, back) = match device.map.write(&target, value) {
        Ok(requests) => requests,
        Err(why) => {
            errand.refuse("not_in_map", why);
            return Ok(());
        }
    };
    let mut raw = Vec::new();
    let wrote = link.ask(device.unit, &write, &mut raw).await;
    let answer = match wrote {
        Ok(Answer::Exception { exception, .. }) => {
            errand.answer(false, json!({ "exception": exception.0, "why": exception.code() }));
            return Ok(());
        }
        Ok(answer) if answer.answers(&write) => link.ask(device.unit, &back, &mut raw).await,
        Ok(_) => Err(Trouble::Nonsense(Vec::new(), "an answer to something else".to_owned())),
        Err(trouble) => Err(trouble),
    };
    match answer {
        Ok(answer) => {
            let mut image = Image::default();
            image.answered(&back, &answer);
            let element = device.map.element(&target);
            let read = element.and_then(|e| device.map.value_in(e, &image).ok().flatten());
            let done = read.is_some_and(|read| (read - value).abs() <= tolerance(value));
            errand.answer(done, json!({ "target": target, "wrote": value, "read_back": read }));
            Ok(())
        }
        // Dropped: nobody knows what the device did.
        Err(Trouble::Silent) => Ok(()),
        Err(Trouble::Lost(error)) => Err(error.to_string()),
        Err(Trouble::Nonsense(_, why)) => Err(why),
    }
}

/// A register's last digit, or a float's.
fn tolerance(value: f64) -> f64 {
    0.5_f64.max(value.abs() * 1e-6)
}
