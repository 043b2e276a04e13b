//! 校验: every checksum of every sealed file is looked at; what is damaged is named by file, place,
//! point and time. Changes nothing.

use super::chunk::Chunk;
use super::shared::Shared;
use crate::StoreError;
use field::id::{PacketSeq, PointId};
use field::time::Time;
use std::path::PathBuf;
use std::sync::Arc;

/// What is damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The rows of one point.
    Chunk {
        /// Whose.
        point: PointId,
        /// The first row's time.
        from: Time,
        /// The last row's time.
        to: Time,
    },
    /// The index of a segment: its chunks are found without it, slowly.
    Index,
    /// Packets from this number on, to the next sound block.
    Frames(PacketSeq),
    /// The whole file is missing or cannot be read.
    File(String),
}

/// A damaged place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    /// Which file.
    pub path: PathBuf,
    /// Where in it.
    pub byte: u64,
    /// What it costs.
    pub what: Damage,
}

/// What a look at everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Files looked at.
    pub files: u64,
    /// Chunks, blocks of frames.
    pub blocks: u64,
    /// Rows in sound chunks.
    pub rows: u64,
    /// What is damaged.
    pub damaged: Vec<Damaged>,
}

/// Looks at every checksum of the sealed files.
pub(crate) fn verify(shared: &Shared) -> Result<Verified, StoreError> {
    let (segments, frames) = {
        let inner = shared.read();
        (Arc::clone(&inner.segments), Arc::clone(&inner.frames))
    };
    let mut found = Verified::default();
    for segment in segments.iter() {
        found.files += 1;
        let damaged = |byte, what| Damaged { path: segment.path().to_owned(), byte, what };
        let sound = match shared.shelf.index_is_sound(segment) {
            Ok(sound) => sound,
            Err(error) => {
                found.damaged.push(damaged(0, Damage::File(error.to_string())));
                continue;
            }
        };
        if !sound {
            found.damaged.push(damaged(segment.meta.directory_at, Damage::Index));
        }
        for place in shared.shelf.places(segment)? {
            found.blocks += 1;
            let bytes = shared.shelf.bytes(segment, &place).unwrap_or_default();
            match Chunk::read(&bytes).filter(|(point, _)| point.0 == place.point) {
                Some((_, chunk)) => found.rows += chunk.len() as u64,
                None => {
                    let (from, to) = (Time::from_ms(place.from), Time::from_ms(place.to));
                    let what = Damage::Chunk { point: PointId(place.point), from, to };
                    found.damaged.push(damaged(place.at, what));
                }
            }
        }
    }
    for frames in frames.iter() {
        found.files += 1;
        let damaged = |byte, what| Damaged { path: frames.path().to_owned(), byte, what };
        match frames.verify() {
            Ok((blocks, bad)) => {
                found.blocks += blocks;
                let bad = bad.into_iter().map(|(at, first)| damaged(at, Damage::Frames(PacketSeq(first))));
                found.damaged.extend(bad);
            }
            Err(error) => found.damaged.push(damaged(0, Damage::File(error.to_string()))),
        }
    }
    Ok(found)
}
