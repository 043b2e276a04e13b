//! Packets to bytes.

use super::{Connect, Packet, Properties, Publish, Step, Version};

impl Packet {
    /// Writes the packet behind what stands in `out`.
    pub fn write(&self, version: Version, out: &mut Vec<u8>) {
        let mut body = Vec::new();
        let first = match self {
            Self::Connect(connect) => {
                write_connect(connect, &mut body);
                0x10
            }
            Self::Connack { session_present, code, properties } => {
                body.extend([u8::from(*session_present), *code]);
                put(properties, version, &mut body);
                0x20
            }
            Self::Publish(publish) => return publish.write(version, out),
            Self::Ack { step, id, code } => {
                body.extend(id.to_be_bytes());
                if version == Version::V5 && *code != 0 {
                    body.push(*code);
                }
                match step {
                    Step::Puback => 0x40,
                    Step::Pubrec => 0x50,
                    Step::Pubrel => 0x62,
                    Step::Pubcomp => 0x70,
                }
            }
            Self::Subscribe { id, filters } => {
                head(*id, version, &mut body);
                for filter in filters {
                    bytes(filter.filter.as_bytes(), &mut body);
                    let more = u8::from(filter.no_local) << 2
                        | u8::from(filter.retain_as_published) << 3
                        | (filter.retain_handling & 3) << 4;
                    let more = if version == Version::V5 { more } else { 0 };
                    body.push(filter.qos.number() | more);
                }
                0x82
            }
            Self::Suback { id, codes } => {
                head(*id, version, &mut body);
                body.extend(codes);
                0x90
            }
            Self::Unsubscribe { id, filters } => {
                head(*id, version, &mut body);
                filters.iter().for_each(|filter| bytes(filter.as_bytes(), &mut body));
                0xA2
            }
            Self::Unsuback { id, codes } => {
                head(*id, version, &mut body);
                if version == Version::V5 {
                    body.extend(codes);
                }
                0xB0
            }
            Self::Pingreq => 0xC0,
            Self::Pingresp => 0xD0,
            Self::Disconnect { code, properties } => {
                if version == Version::V5 && (*code != 0 || *properties != Properties::default()) {
                    body.push(*code);
                    properties.write(&mut body);
                }
                0xE0
            }
            Self::Auth => 0xF0,
        };
        whole(first, &body, out);
    }

    /// The packet's bytes.
    #[must_use]
    pub fn to_bytes(&self, version: Version) -> Vec<u8> {
        let mut out = Vec::new();
        self.write(version, &mut out);
        out
    }
}

impl Publish {
    /// Writes the message behind what stands in `out`.
    pub fn write(&self, version: Version, out: &mut Vec<u8>) {
        let mut body = Vec::with_capacity(self.topic.len() + self.payload.len() + 8);
        bytes(self.topic.as_bytes(), &mut body);
        if self.qos.number() > 0 {
            body.extend(self.id.to_be_bytes());
        }
        put(&self.properties, version, &mut body);
        body.extend(&self.payload);
        let first = 0x30 | u8::from(self.dup) << 3 | self.qos.number() << 1 | u8::from(self.retain);
        whole(first, &body, out);
    }
}

fn write_connect(connect: &Connect, body: &mut Vec<u8>) {
    let Connect { version, client, clean, keep_alive_s, will, user, password, properties } = connect;
    bytes(b"MQTT", body);
    body.push(if *version == Version::V5 { 5 } else { 4 });
    let will_flags = will.as_ref().map_or(0, |will| 4 | will.qos.number() << 3 | u8::from(will.retain) << 5);
    let flags = u8::from(*clean) << 1
        | will_flags
        | u8::from(password.is_some()) << 6
        | u8::from(user.is_some()) << 7;
    body.push(flags);
    body.extend(keep_alive_s.to_be_bytes());
    put(properties, *version, body);
    bytes(client.as_bytes(), body);
    if let Some(will) = will {
        put(&will.properties, *version, body);
        bytes(will.topic.as_bytes(), body);
        bytes(&will.payload, body);
    }
    if let Some(user) = user {
        bytes(user.as_bytes(), body);
    }
    if let Some(password) = password {
        bytes(password, body);
    }
}

fn head(id: u16, version: Version, body: &mut Vec<u8>) {
    body.extend(id.to_be_bytes());
    put(&Properties::default(), version, body);
}

fn put(properties: &Properties, version: Version, body: &mut Vec<u8>) {
    if version == Version::V5 {
        properties.write(body);
    }
}

fn whole(first: u8, body: &[u8], out: &mut Vec<u8>) {
    out.reserve(body.len() + 5);
    out.push(first);
    variable(body.len(), out);
    out.extend(body);
}

/// A variable byte integer; what does not fit its four bytes is lost (nothing here is so long).
pub(crate) fn variable(mut number: usize, out: &mut Vec<u8>) {
    loop {
        let seven = u8::try_from(number & 0x7F).unwrap_or_default();
        number >>= 7;
        out.push(if number > 0 { seven | 0x80 } else { seven });
        if number == 0 {
            return;
        }
    }
}

/// Two bytes of length and the bytes; what is beyond 65,535 is left out.
pub(crate) fn bytes(bytes: &[u8], out: &mut Vec<u8>) {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    out.extend(length.to_be_bytes());
    out.extend(bytes.iter().take(usize::from(length)));
}
