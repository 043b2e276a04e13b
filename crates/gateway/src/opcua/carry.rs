//! 下发: a command becomes a write in the node's own type, and its read-back.

use super::maps::{Item, Items};
use super::session::sentence;
use crate::downlink::Errand;
use ::opcua::client::Session;
use ::opcua::types::{
    AttributeId, DataValue, NodeId, NumericRange, ReadValueId, StatusCode, TimestampsToReturn, Variant,
    WriteValue,
};
use field::command::Ask;
use serde_json::json;

/// A number is whole when it is so near to one.
const WHOLE: f64 = 1e-6;
/// Up to here every whole number is a number of its own.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// Carries an errand out. Nothing is retried: a write whose answer is lost counts as not answered.
pub(super) async fn carry(errand: Errand, session: &Session, items: &Items) {
    let (target, value) = match &errand.command.ask {
        Ask::Write { target, value } => (target.clone(), *value),
        // As in the maps of Modbus: an element for each pump.
        Ask::SwitchPump { pump, on } => (format!("pump-{pump}-start"), f64::from(u8::from(*on))),
        other => {
            let why =
                format!("an OPC UA server is written by `write` or `switch_pump`, not by `{}`", other.code());
            errand.refuse("unsupported", why);
            return;
        }
    };
    let item = match item(items, errand.command.station.as_str(), &target) {
        Ok(item) => item,
        Err(why) => return errand.refuse("not_in_map", why),
    };
    // Its type is known by what it holds now.
    let shape = match now(session, &item.node).await {
        Ok(Variant::Empty) => {
            return errand.refuse("no_type", format!("`{target}` holds nothing: its type is not known"));
        }
        Ok(shape) => shape,
        Err(why) => return errand.refuse("unreachable", why),
    };
    let wanted = match shaped((value - item.offset) / item.scale, &shape) {
        Ok(wanted) => wanted,
        Err(why) => return errand.refuse("wrong_type", format!("`{target}`: {why}")),
    };
    let write = WriteValue {
        node_id: item.node.clone(),
        attribute_id: AttributeId::Value as u32,
        index_range: NumericRange::None,
        value: DataValue { value: Some(wanted.clone()), ..DataValue::null() },
    };
    // Dropped without an answer: nobody knows what the server did.
    let Ok(written) = session.write(&[write]).await else { return };
    let status = written.first().copied().unwrap_or(StatusCode::BadUnexpectedError);
    if !status.is_good() {
        errand.answer(false, json!({ "status": status.bits(), "why": status.to_string() }));
        return;
    }
    let Ok(read) = now(session, &item.node).await else { return };
    let back = number(&read).map(|raw| raw.mul_add(item.scale, item.offset));
    let done = read == wanted || near(&read, &wanted);
    errand.answer(done, json!({ "target": target, "wrote": value, "read_back": back }));
}

fn item<'a>(items: &'a Items, station: &str, target: &str) -> Result<&'a Item, String> {
    let found = items.all.iter().find(|item| item.station == station && item.element == target);
    match found {
        Some(item) if item.writable => Ok(item),
        Some(_) => Err(format!("`{target}` is not writable by its node map")),
        None => Err(format!("the node map of the station has no `{target}`")),
    }
}

async fn now(session: &Session, node: &NodeId) -> Result<Variant, String> {
    let wanted = [ReadValueId::from(node.clone())];
    let read = session.read(&wanted, TimestampsToReturn::Neither, 0.0).await.map_err(|e| sentence(&e))?;
    let data = read.into_iter().next().unwrap_or_else(DataValue::null);
    match data.status {
        Some(status) if status.is_bad() => Err(format!("`{node}` cannot be read: {status}")),
        _ => Ok(data.value.unwrap_or(Variant::Empty)),
    }
}

/// `value` in the type of `like`.
fn shaped(value: f64, like: &Variant) -> Result<Variant, String> {
    let misfit = |_| format!("{value} does not fit its type");
    Ok(match like {
        Variant::Boolean(_) => Variant::Boolean(
            whole(value)
                .filter(|n| matches!(n, 0 | 1))
                .map(|n| n == 1)
                .ok_or_else(|| format!("{value} is neither 0 nor 1"))?,
        ),
        Variant::SByte(_) => Variant::SByte(integer(value)?.try_into().map_err(misfit)?),
        Variant::Byte(_) => Variant::Byte(integer(value)?.try_into().map_err(misfit)?),
        Variant::Int16(_) => Variant::Int16(integer(value)?.try_into().map_err(misfit)?),
        Variant::UInt16(_) => Variant::UInt16(integer(value)?.try_into().map_err(misfit)?),
        Variant::Int32(_) => Variant::Int32(integer(value)?.try_into().map_err(misfit)?),
        Variant::UInt32(_) => Variant::UInt32(integer(value)?.try_into().map_err(misfit)?),
        Variant::Int64(_) => Variant::Int64(integer(value)?),
        Variant::UInt64(_) => Variant::UInt64(integer(value)?.try_into().map_err(misfit)?),
        Variant::Float(_) => Variant::Float(single(value)?),
        Variant::Double(_) => Variant::Double(value),
        _ => return Err("it holds no single number".to_owned()),
    })
}

fn integer(value: f64) -> Result<i64, String> {
    whole(value).ok_or_else(|| format!("{value} is no whole number"))
}

#[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
fn whole(value: f64) -> Option<i64> {
    let fits = (value - value.round()).abs() <= WHOLE && value.abs() <= LARGEST;
    fits.then(|| value.round() as i64)
}

#[expect(clippy::cast_possible_truncation, reason = "what does not fit is infinite and refused")]
fn single(value: f64) -> Result<f32, String> {
    Some(value as f32).filter(|x| x.is_finite()).ok_or_else(|| format!("{value} does not fit its type"))
}

/// Equal within a float's last digits.
fn near(read: &Variant, wanted: &Variant) -> bool {
    match (number(read), number(wanted)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * b.abs().max(1e-6),
        _ => false,
    }
}

#[expect(clippy::cast_precision_loss, reason = "counters beyond 2^53 lose their last digits")]
fn number(value: &Variant) -> Option<f64> {
    Some(match value {
        Variant::Boolean(on) => f64::from(u8::from(*on)),
        Variant::SByte(n) => f64::from(*n),
        Variant::Byte(n) => f64::from(*n),
        Variant::Int16(n) => f64::from(*n),
        Variant::UInt16(n) => f64::from(*n),
        Variant::Int32(n) => f64::from(*n),
        Variant::UInt32(n) => f64::from(*n),
        Variant::Int64(n) => *n as f64,
        Variant::UInt64(n) => *n as f64,
        Variant::Float(n) => f64::from(*n),
        Variant::Double(n) => *n,
        _ => return None,
    })
}
