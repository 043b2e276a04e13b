//! Everything the protocols promise, through their public surface.

#[cfg(test)]
mod collected;
#[cfg(test)]
mod corpus;
#[cfg(test)]
#[path = "../../fuzz/checks/cutting.rs"]
mod cutting;
#[cfg(test)]
mod flips;
#[cfg(test)]
mod frames;
#[cfg(test)]
mod hj212;
#[cfg(test)]
mod influx;
#[cfg(test)]
mod json;
#[cfg(test)]
mod json_push;
#[cfg(test)]
mod meters;
#[cfg(test)]
mod modbus;
#[cfg(test)]
mod mutation;
#[cfg(test)]
mod opcua;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod sl427;
#[cfg(test)]
mod sl651_ascii;
#[cfg(test)]
mod sl651_down;
#[cfg(test)]
mod sl651_parts;
#[cfg(test)]
mod stream;
#[cfg(test)]
mod support;
#[cfg(test)]
mod vendor;
