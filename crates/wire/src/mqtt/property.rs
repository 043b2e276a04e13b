//! MQTT 5.0 properties (§2.2.2): numbers with a type each.

use super::read::Reader;
use super::write;
use crate::fault::Fault;

/// Most properties of one packet: user properties may repeat.
const MAX: usize = 64;

/// A property's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// One byte.
    Byte(u8),
    /// Two bytes.
    Two(u16),
    /// Four bytes.
    Four(u32),
    /// Variable byte integer.
    Variable(u32),
    /// UTF-8 text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A name and a text.
    Pair(String, String),
}

/// Which properties there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Property {
    /// Seconds after which a message is of no use.
    MessageExpiry = 0x02,
    /// Seconds a session outlives its connection.
    SessionExpiry = 0x11,
    /// The name the server gave.
    AssignedClient = 0x12,
    /// The keep-alive the server demands.
    ServerKeepAlive = 0x13,
    /// Seconds until a will is published.
    WillDelay = 0x18,
    /// Why, for people.
    ReasonText = 0x1F,
    /// Messages that may be under way at once.
    ReceiveMaximum = 0x21,
    /// Greatest alias.
    TopicAliasMaximum = 0x22,
    /// A number for a topic.
    TopicAlias = 0x23,
    /// Longest packet.
    MaximumPacket = 0x27,
    /// Whether subscription identifiers are understood.
    SubscriptionIds = 0x29,
    /// Whether shared subscriptions are.
    SharedSubscriptions = 0x2A,
}

/// The properties of a packet, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties(Vec<(u8, Value)>);

impl Properties {
    /// With one more.
    #[must_use]
    pub fn with(mut self, property: Property, value: Value) -> Self {
        self.0.push((property as u8, value));
        self
    }

    /// A number's value.
    #[must_use]
    pub fn number(&self, property: Property) -> Option<u32> {
        self.0.iter().find(|(id, _)| *id == property as u8).and_then(|(_, value)| match value {
            Value::Byte(n) => Some(u32::from(*n)),
            Value::Two(n) => Some(u32::from(*n)),
            Value::Four(n) | Value::Variable(n) => Some(*n),
            _ => None,
        })
    }

    /// A text's value.
    #[must_use]
    pub fn text(&self, property: Property) -> Option<&str> {
        self.0.iter().find(|(id, _)| *id == property as u8).and_then(|(_, value)| match value {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// With a user property.
    #[must_use]
    pub fn with_user(mut self, name: &str, text: String) -> Self {
        self.0.push((0x26, Value::Pair(name.to_owned(), text)));
        self
    }

    /// A user property's text.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(id, value)| match value {
            Value::Pair(known, text) if *id == 0x26 && known == name => Some(text.as_str()),
            _ => None,
        })
    }

    /// Every one, with its number.
    pub fn iter(&self) -> impl Iterator<Item = &(u8, Value)> {
        self.0.iter()
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self, Fault> {
        let length = reader.variable("properties' length")?;
        let mut inside = Reader::new(reader.take(length as usize, "properties")?);
        let mut list = Vec::new();
        while !inside.is_empty() {
            if list.len() >= MAX {
                return Err(Fault::fatal("malformed", format!("more than {MAX} properties in one packet")));
            }
            let id = inside.byte("property")?;
            let value = Value::read(id, &mut inside)?;
            if !matches!(id, 0x26 | 0x0B) && list.iter().any(|(seen, _)| *seen == id) {
                return Err(Fault::fatal("protocol_error", format!("property {id:02X} stands twice")));
            }
            list.push((id, value));
        }
        Ok(Self(list))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        for (id, value) in &self.0 {
            body.push(*id);
            value.write(&mut body);
        }
        write::variable(body.len(), out);
        out.extend(body);
    }
}

impl Value {
    fn read(id: u8, from: &mut Reader<'_>) -> Result<Self, Fault> {
        Ok(match id {
            0x01 | 0x17 | 0x19 | 0x24 | 0x25 | 0x28 | 0x29 | 0x2A => Self::Byte(from.byte("property")?),
            0x13 | 0x21 | 0x22 | 0x23 => Self::Two(from.two("property")?),
            0x02 | 0x11 | 0x18 | 0x27 => Self::Four(from.four("property")?),
            0x0B => Self::Variable(from.variable("property")?),
            0x03 | 0x08 | 0x12 | 0x15 | 0x1A | 0x1C | 0x1F => Self::Text(from.text("property")?),
            0x09 | 0x16 => Self::Bytes(from.bytes("property")?.to_vec()),
            0x26 => Self::Pair(from.text("user property")?, from.text("user property")?),
            _ => return Err(Fault::fatal("malformed", format!("{id:02X} is no property of MQTT 5"))),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Byte(n) => out.push(*n),
            Self::Two(n) => out.extend(n.to_be_bytes()),
            Self::Four(n) => out.extend(n.to_be_bytes()),
            Self::Variable(n) => write::variable(*n as usize, out),
            Self::Text(text) => write::bytes(text.as_bytes(), out),
            Self::Bytes(bytes) => write::bytes(bytes, out),
            Self::Pair(name, text) => {
                write::bytes(name.as_bytes(), out);
                write::bytes(text.as_bytes(), out);
            }
        }
    }
}
