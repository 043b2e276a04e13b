//! Bytes to packets.

use super::{Connect, Filter, MAX_PACKET, Packet, Properties, Publish, QoS, Step, Version, Will, topic};
use crate::fault::Fault;

/// Most filters of one SUBSCRIBE.
const MAX_FILTERS: usize = 256;

/// How long the packet at the front of `bytes` is, header included; `None` while too little of it is
/// there to say.
///
/// # Errors
/// A remaining length of more than four bytes, or above [`MAX_PACKET`].
pub fn length(bytes: &[u8]) -> Result<Option<usize>, Fault> {
    let mut length = 0_usize;
    for (n, byte) in bytes.iter().skip(1).take(4).enumerate() {
        length |= usize::from(byte & 0x7F) << (7 * n);
        if byte & 0x80 == 0 {
            let whole = length + 2 + n;
            let fits = whole <= MAX_PACKET;
            let message = || format!("a packet of {whole} bytes; at most {MAX_PACKET} are taken");
            return if fits { Ok(Some(whole)) } else { Err(Fault::fatal("too_long", message())) };
        }
    }
    if bytes.len() < 5 {
        return Ok(None);
    }
    Err(Fault::fatal("malformed", "the remaining length takes more than four bytes"))
}

/// Reads one whole packet. `version` is what the connection's CONNECT said; a CONNECT says it
/// itself.
///
/// # Errors
/// A [`Fault`] that says what is wrong where; the connection has to be closed.
pub fn decode(bytes: &[u8], version: Version) -> Result<Packet, Fault> {
    match length(bytes)? {
        Some(whole) if whole == bytes.len() => {}
        _ => return Err(cut("the packet")),
    }
    let first = bytes.first().copied().unwrap_or_default();
    let header = 1 + bytes.iter().skip(1).take_while(|byte| **byte & 0x80 != 0).count() + 1;
    let mut reader = Reader::new(bytes.get(header..).unwrap_or_default());
    let (kind, flags) = (first >> 4, first & 0x0F);
    let wanted = if matches!(kind, 6 | 8 | 10) { 2 } else { 0 };
    if kind != 3 && flags != wanted {
        return Err(Fault::fatal("malformed", format!("packet type {kind} with flags {flags:04b}")));
    }
    let packet = match kind {
        1 => Packet::Connect(Box::new(connect(&mut reader)?)),
        2 => connack(&mut reader, version)?,
        3 => Packet::Publish(publish(&mut reader, flags, version)?),
        4..=7 => ack(&mut reader, kind, version)?,
        8 => subscribe(&mut reader, version)?,
        9 => Packet::Suback { id: id(&mut reader, version)?, codes: reader.rest() },
        10 => unsubscribe(&mut reader, version)?,
        11 => Packet::Unsuback { id: id(&mut reader, version)?, codes: reader.rest() },
        12 => Packet::Pingreq,
        13 => Packet::Pingresp,
        14 => disconnect(&mut reader, version)?,
        15 if version == Version::V5 => {
            reader.rest();
            Packet::Auth
        }
        _ => return Err(Fault::fatal("malformed", format!("packet type {kind} does not exist"))),
    };
    if reader.is_empty() {
        Ok(packet)
    } else {
        Err(Fault::fatal("malformed", format!("{} bytes stand after the packet's end", reader.0.len())))
    }
}

/// Reads from the front.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize, what: &str) -> Result<&'a [u8], Fault> {
        let (head, rest) = self.0.split_at_checked(count).ok_or_else(|| cut(what))?;
        self.0 = rest;
        Ok(head)
    }

    fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0).to_vec()
    }

    pub(crate) fn byte(&mut self, what: &str) -> Result<u8, Fault> {
        self.take(1, what).map(|bytes| bytes.first().copied().unwrap_or_default())
    }

    pub(crate) fn two(&mut self, what: &str) -> Result<u16, Fault> {
        self.take(2, what).map(|bytes| bytes.iter().fold(0, |n, byte| n << 8 | u16::from(*byte)))
    }

    pub(crate) fn four(&mut self, what: &str) -> Result<u32, Fault> {
        self.take(4, what).map(|bytes| bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte)))
    }

    pub(crate) fn variable(&mut self, what: &str) -> Result<u32, Fault> {
        let mut number = 0;
        for n in 0..4 {
            let byte = self.byte(what)?;
            number |= u32::from(byte & 0x7F) << (7 * n);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Fault::fatal("malformed", format!("{what} takes more than four bytes")))
    }

    pub(crate) fn bytes(&mut self, what: &str) -> Result<&'a [u8], Fault> {
        let length = self.two(what)?;
        self.take(usize::from(length), what)
    }

    pub(crate) fn text(&mut self, what: &str) -> Result<String, Fault> {
        let text = std::str::from_utf8(self.bytes(what)?)
            .map_err(|_| Fault::fatal("malformed", format!("{what} is no UTF-8")))?;
        if text.contains('\0') {
            return Err(Fault::fatal("malformed", format!("{what} holds a null character")));
        }
        Ok(text.to_owned())
    }
}

fn cut(what: &str) -> Fault {
    Fault::fatal("malformed", format!("the packet ends inside {what}"))
}

fn properties(reader: &mut Reader<'_>, version: Version) -> Result<Properties, Fault> {
    if version == Version::V5 { Properties::read(reader) } else { Ok(Properties::default()) }
}

fn connect(reader: &mut Reader<'_>) -> Result<Connect, Fault> {
    let name = reader.text("the protocol's name")?;
    let level = reader.byte("the protocol level")?;
    let version = match (name.as_str(), level) {
        ("MQTT", 4) => Version::V311,
        ("MQTT", 5) => Version::V5,
        _ => {
            let name: String = name.chars().take(16).collect();
            let message = format!("`{name}` level {level}; 3.1.1 (level 4) and 5.0 (level 5) are spoken");
            return Err(Fault::fatal("bad_version", message));
        }
    };
    let flags = reader.byte("the connect flags")?;
    let keep_alive_s = reader.two("the keep-alive")?;
    let own = properties(reader, version)?;
    let client = reader.text("the client id")?;
    let has_will = flags & 0x04 != 0;
    let malformed = flags & 0x01 != 0
        || (!has_will && flags & 0x38 != 0)
        || (version == Version::V311 && flags & 0xC0 == 0x40);
    if malformed {
        return Err(Fault::fatal("malformed", format!("connect flags {flags:08b} contradict themselves")));
    }
    let will = if has_will {
        let properties = properties(reader, version)?;
        let topic = reader.text("the will's topic")?;
        topic::check_name(&topic)?;
        let payload = reader.bytes("the will")?.to_vec();
        Some(Will { topic, payload, qos: QoS::of(flags >> 3 & 3)?, retain: flags & 0x20 != 0, properties })
    } else {
        None
    };
    let user = if flags & 0x80 != 0 { Some(reader.text("the user name")?) } else { None };
    let password = if flags & 0x40 != 0 { Some(reader.bytes("the password")?.to_vec()) } else { None };
    let clean = flags & 0x02 != 0;
    Ok(Connect { version, client, clean, keep_alive_s, will, user, password, properties: own })
}

fn connack(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Fault> {
    let flags = reader.byte("the acknowledge flags")?;
    let code = reader.byte("the return code")?;
    let properties = properties(reader, version)?;
    if flags > 1 {
        return Err(Fault::fatal("malformed", format!("acknowledge flags {flags:08b}")));
    }
    Ok(Packet::Connack { session_present: flags == 1, code, properties })
}

fn publish(reader: &mut Reader<'_>, flags: u8, version: Version) -> Result<Publish, Fault> {
    let qos = QoS::of(flags >> 1 & 3)?;
    let topic = reader.text("the topic")?;
    let id = if qos == QoS::AtMostOnce { 0 } else { number(reader)? };
    let properties = properties(reader, version)?;
    if !topic.is_empty() || version == Version::V311 {
        topic::check_name(&topic)?;
    }
    let (dup, retain) = (flags & 8 != 0, flags & 1 != 0);
    Ok(Publish { topic, payload: reader.rest(), qos, dup, retain, id, properties })
}

fn number(reader: &mut Reader<'_>) -> Result<u16, Fault> {
    match reader.two("the packet's number")? {
        0 => Err(Fault::fatal("protocol_error", "a packet's number is not 0")),
        id => Ok(id),
    }
}

/// Number and, in 5.0, properties that nobody here reads.
fn id(reader: &mut Reader<'_>, version: Version) -> Result<u16, Fault> {
    let id = number(reader)?;
    properties(reader, version)?;
    Ok(id)
}

fn ack(reader: &mut Reader<'_>, kind: u8, version: Version) -> Result<Packet, Fault> {
    let step = match kind {
        4 => Step::Puback,
        5 => Step::Pubrec,
        6 => Step::Pubrel,
        _ => Step::Pubcomp,
    };
    let id = number(reader)?;
    let mut code = 0;
    if version == Version::V5 && !reader.is_empty() {
        code = reader.byte("the reason")?;
        if !reader.is_empty() {
            properties(reader, version)?;
        }
    }
    Ok(Packet::Ack { step, id, code })
}

fn subscribe(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Fault> {
    let id = id(reader, version)?;
    let mut filters = Vec::new();
    while !reader.is_empty() {
        let filter = reader.text("a filter")?;
        let options = reader.byte("a filter's options")?;
        let reserved = if version == Version::V5 { 0xC0 } else { 0xFC };
        if options & reserved != 0 || options >> 4 & 3 == 3 {
            return Err(Fault::fatal("malformed", format!("a filter's options are {options:08b}")));
        }
        filters.push(Filter {
            filter,
            qos: QoS::of(options & 3)?,
            no_local: options & 4 != 0,
            retain_as_published: options & 8 != 0,
            retain_handling: options >> 4 & 3,
        });
        count(filters.len())?;
    }
    some(filters.len())?;
    Ok(Packet::Subscribe { id, filters })
}

fn unsubscribe(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Fault> {
    let id = id(reader, version)?;
    let mut filters = Vec::new();
    while !reader.is_empty() {
        filters.push(reader.text("a filter")?);
        count(filters.len())?;
    }
    some(filters.len())?;
    Ok(Packet::Unsubscribe { id, filters })
}

fn count(filters: usize) -> Result<(), Fault> {
    let fault = || Fault::fatal("too_long", format!("more than {MAX_FILTERS} filters in one packet"));
    (filters <= MAX_FILTERS).then_some(()).ok_or_else(fault)
}

fn some(filters: usize) -> Result<(), Fault> {
    (filters > 0).then_some(()).ok_or_else(|| Fault::fatal("protocol_error", "the packet names no filter"))
}

fn disconnect(reader: &mut Reader<'_>, version: Version) -> Result<Packet, Fault> {
    if version == Version::V311 || reader.is_empty() {
        return Ok(Packet::Disconnect { code: 0, properties: Properties::default() });
    }
    let code = reader.byte("the reason")?;
    let properties = if reader.is_empty() { Properties::default() } else { properties(reader, version)? };
    Ok(Packet::Disconnect { code, properties })
}
