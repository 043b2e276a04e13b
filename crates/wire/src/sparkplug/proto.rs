//! The payload of Sparkplug B (`org.eclipse.tahu.protobuf`, Sparkplug 3.0 §6.4), as far as numbers,
//! texts and names go. Data sets, templates and extensions are skipped: nothing here reads them.

/// A message's payload.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Payload {
    /// When it was sent, ms since 1970.
    #[prost(uint64, optional, tag = "1")]
    pub timestamp: Option<u64>,
    /// Its metrics.
    #[prost(message, repeated, tag = "2")]
    pub metrics: Vec<Metric>,
    /// Its number, 0 to 255.
    #[prost(uint64, optional, tag = "3")]
    pub seq: Option<u64>,
    /// What kind of message, by a schema of its own.
    #[prost(string, optional, tag = "4")]
    pub uuid: Option<String>,
    /// Anything.
    #[prost(bytes = "vec", optional, tag = "5")]
    pub body: Option<Vec<u8>>,
}

/// One value.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Metric {
    /// Its name; in data it may be left out where there is an alias.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// The number that stands for its name.
    #[prost(uint64, optional, tag = "2")]
    pub alias: Option<u64>,
    /// When it was measured, ms since 1970.
    #[prost(uint64, optional, tag = "3")]
    pub timestamp: Option<u64>,
    /// Its type.
    #[prost(uint32, optional, tag = "4")]
    pub datatype: Option<u32>,
    /// It is no current value.
    #[prost(bool, optional, tag = "5")]
    pub is_historical: Option<bool>,
    /// It need not be kept.
    #[prost(bool, optional, tag = "6")]
    pub is_transient: Option<bool>,
    /// It has no value.
    #[prost(bool, optional, tag = "7")]
    pub is_null: Option<bool>,
    /// What else is said about it, such as its quality.
    #[prost(message, optional, tag = "9")]
    pub properties: Option<PropertySet>,
    /// The value.
    #[prost(oneof = "Value", tags = "10, 11, 12, 13, 14, 15, 16")]
    pub value: Option<Value>,
}

/// A metric's value.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum Value {
    /// Up to 32 bits; negative numbers as two's complement.
    #[prost(uint32, tag = "10")]
    Int(u32),
    /// 64 bits; negative numbers as two's complement.
    #[prost(uint64, tag = "11")]
    Long(u64),
    /// 32-bit float.
    #[prost(float, tag = "12")]
    Float(f32),
    /// 64-bit float.
    #[prost(double, tag = "13")]
    Double(f64),
    /// Truth.
    #[prost(bool, tag = "14")]
    Boolean(bool),
    /// Text.
    #[prost(string, tag = "15")]
    Text(String),
    /// Bytes, files, arrays.
    #[prost(bytes, tag = "16")]
    Bytes(Vec<u8>),
}

/// Names and values, side by side.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PropertySet {
    /// Names.
    #[prost(string, repeated, tag = "1")]
    pub keys: Vec<String>,
    /// As many values.
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<PropertyValue>,
}

/// A property's value, as far as it is a plain one.
#[derive(Clone, PartialEq, prost::Message)]
pub struct PropertyValue {
    /// Its type.
    #[prost(uint32, optional, tag = "1")]
    pub datatype: Option<u32>,
    /// It has no value.
    #[prost(bool, optional, tag = "2")]
    pub is_null: Option<bool>,
    /// A number.
    #[prost(uint32, optional, tag = "3")]
    pub int_value: Option<u32>,
    /// A long number.
    #[prost(uint64, optional, tag = "4")]
    pub long_value: Option<u64>,
    /// A text.
    #[prost(string, optional, tag = "8")]
    pub string_value: Option<String>,
}

/// 数据类型 (§6.4.16).
pub mod datatype {
    /// Signed, 8 bits.
    pub const INT8: u32 = 1;
    /// Signed, 16 bits.
    pub const INT16: u32 = 2;
    /// Signed, 32 bits.
    pub const INT32: u32 = 3;
    /// Signed, 64 bits.
    pub const INT64: u32 = 4;
    /// Unsigned, 8 bits.
    pub const UINT8: u32 = 5;
    /// Unsigned, 64 bits.
    pub const UINT64: u32 = 8;
    /// 32-bit float.
    pub const FLOAT: u32 = 9;
    /// 64-bit float.
    pub const DOUBLE: u32 = 10;
    /// Truth.
    pub const BOOLEAN: u32 = 11;
    /// Text.
    pub const STRING: u32 = 12;
    /// Milliseconds since 1970.
    pub const DATE_TIME: u32 = 13;
    /// The last of them.
    pub const LAST: u32 = 34;
}
