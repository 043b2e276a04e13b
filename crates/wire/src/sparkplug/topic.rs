//! `spBv1.0/GROUP/MESSAGE/NODE[/DEVICE]` and `spBv1.0/STATE/HOST` (Sparkplug 3.0 §4).

use std::fmt;

/// The first level of every topic.
pub const NAMESPACE: &str = "spBv1.0";

/// What kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 边缘节点上线.
    NodeBirth,
    /// 边缘节点下线.
    NodeDeath,
    /// 节点数据.
    NodeData,
    /// 节点命令.
    NodeCommand,
    /// 设备上线.
    DeviceBirth,
    /// 设备下线.
    DeviceDeath,
    /// 设备数据.
    DeviceData,
    /// 设备命令.
    DeviceCommand,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::NodeBirth,
        Self::NodeDeath,
        Self::NodeData,
        Self::NodeCommand,
        Self::DeviceBirth,
        Self::DeviceDeath,
        Self::DeviceData,
        Self::DeviceCommand,
    ];

    /// The level of the topic.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NodeBirth => "NBIRTH",
            Self::NodeDeath => "NDEATH",
            Self::NodeData => "NDATA",
            Self::NodeCommand => "NCMD",
            Self::DeviceBirth => "DBIRTH",
            Self::DeviceDeath => "DDEATH",
            Self::DeviceData => "DDATA",
            Self::DeviceCommand => "DCMD",
        }
    }

    /// Whether a device is named.
    #[must_use]
    pub const fn of_device(self) -> bool {
        matches!(self, Self::DeviceBirth | Self::DeviceDeath | Self::DeviceData | Self::DeviceCommand)
    }
}

/// A topic's parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// 组.
    pub group: String,
    /// What kind of message.
    pub kind: Kind,
    /// 边缘节点.
    pub node: String,
    /// 设备, where the kind names one.
    pub device: Option<String>,
}

impl Topic {
    /// Reads a topic; `None` when it is none of an edge node (STATE is none).
    #[must_use]
    pub fn parse(topic: &str) -> Option<Self> {
        let mut levels = topic.split('/');
        let mut next = || levels.next().filter(|level| !level.is_empty());
        if next()? != NAMESPACE {
            return None;
        }
        let (group, kind, node, device) = (next()?, next()?, next()?, next());
        let kind = Kind::ALL.into_iter().find(|k| k.code() == kind)?;
        if levels.next().is_some() || kind.of_device() != device.is_some() {
            return None;
        }
        Some(Self { group: group.into(), kind, node: node.into(), device: device.map(str::to_owned) })
    }

    /// The same node's or device's topic of another kind.
    #[must_use]
    pub fn of_kind(&self, kind: Kind) -> Self {
        let device = if kind.of_device() { self.device.clone() } else { None };
        Self { kind, device, ..self.clone() }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{NAMESPACE}/{}/{}/{}", self.group, self.kind.code(), self.node)?;
        self.device.iter().try_for_each(|device| write!(f, "/{device}"))
    }
}

/// The topic a host application tells its state on.
#[must_use]
pub fn state_topic(host: &str) -> String {
    format!("{NAMESPACE}/STATE/{host}")
}

/// What a host application says there (§6.4.25): whether it is there, and since when.
#[must_use]
pub fn state_payload(online: bool, at: field::time::Time) -> Vec<u8> {
    format!("{{\"online\":{online},\"timestamp\":{}}}", at.ms()).into_bytes()
}
