//! 合并读: which reads a poll needs, and the memory picture their answers leave.

use super::map::Map;
use super::pdu::{Answer, Request, Table};
use super::{MAX_BITS, MAX_REGISTERS};
use std::collections::BTreeMap;

/// One read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// What is read.
    pub table: Table,
    /// From which address.
    pub address: u16,
    /// How many bits or words.
    pub count: u16,
}

impl Block {
    /// The request for it.
    #[must_use]
    pub const fn request(self) -> Request {
        Request::Read { table: self.table, address: self.address, count: self.count }
    }
}

/// The fewest reads for the spans a map wants: neighbours are read together where no more than
/// `gap` unwanted addresses lie between them and the whole stays within the limit.
#[must_use]
pub fn blocks(map: &Map) -> Vec<Block> {
    let mut spans = map.spans();
    spans.sort_unstable();
    let mut out: Vec<Block> = Vec::new();
    for (table, address, words) in spans {
        let end = u32::from(address) + u32::from(words);
        let most =
            if table.is_bits() { map.max_bits.min(MAX_BITS) } else { map.max_registers.min(MAX_REGISTERS) };
        let joined = out.last_mut().filter(|block| {
            let block_end = u32::from(block.address) + u32::from(block.count);
            block.table == table
                && u32::from(address) <= block_end + u32::from(map.gap)
                && end.max(block_end) - u32::from(block.address) <= u32::from(most)
        });
        match joined {
            Some(block) => {
                let whole = end.saturating_sub(u32::from(block.address));
                block.count = block.count.max(u16::try_from(whole).unwrap_or(u16::MAX));
            }
            None => out.push(Block { table, address, count: words }),
        }
    }
    out
}

/// 存储映像: what is known of a device's tables after a poll; where a read failed, why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image(BTreeMap<(Table, u16), Result<u16, &'static str>>);

impl Image {
    /// A request that got no answer.
    pub fn unanswered(&mut self, request: &Request) {
        self.failed(request, "no_answer");
    }

    /// A request and its answer.
    pub fn answered(&mut self, request: &Request, answer: &Answer) {
        if let Answer::Exception { exception, .. } = answer {
            return self.failed(request, exception.code());
        }
        if !answer.answers(request) {
            return self.failed(request, "wrong_answer");
        }
        match (request, answer) {
            (Request::Read { table, address, count }, Answer::Bits { bits, .. }) => {
                let words = bits.iter().take(usize::from(*count)).map(|bit| u16::from(*bit));
                self.put(*table, *address, words);
            }
            (Request::Read { table, address, .. }, Answer::Registers { values, .. }) => {
                self.put(*table, *address, values.iter().copied());
            }
            (Request::ReadWrite { address, .. }, Answer::ReadWrote { values }) => {
                self.put(Table::Holding, *address, values.iter().copied());
            }
            _ => {}
        }
    }

    fn put(&mut self, table: Table, address: u16, words: impl Iterator<Item = u16>) {
        for (at, word) in (u32::from(address)..).zip(words) {
            if let Ok(at) = u16::try_from(at) {
                self.0.insert((table, at), Ok(word));
            }
        }
    }

    fn failed(&mut self, request: &Request, why: &'static str) {
        let (table, address, count) = match request {
            Request::Read { table, address, count } => (*table, *address, *count),
            Request::ReadWrite { address, count, .. } => (Table::Holding, *address, *count),
            _ => return,
        };
        let most = if table.is_bits() { MAX_BITS } else { MAX_REGISTERS };
        for at in (u32::from(address)..).take(usize::from(count.min(most))) {
            if let Ok(at) = u16::try_from(at) {
                self.0.entry((table, at)).or_insert(Err(why));
            }
        }
    }

    /// The words from an address on, or why one of them is not known.
    ///
    /// # Errors
    /// A stable name: an exception's, `no_answer`, or `not_read`.
    pub fn words(&self, table: Table, address: u16, count: u16) -> Result<Vec<u16>, &'static str> {
        let at = u32::from(address)..u32::from(address) + u32::from(count);
        at.map(|at| {
            let known = u16::try_from(at).ok().and_then(|at| self.0.get(&(table, at)));
            known.copied().unwrap_or(Err("not_read"))
        })
        .collect()
    }

    /// Everything that is known, in the order of tables and addresses.
    pub fn each(&self) -> impl Iterator<Item = (Table, u16, Result<u16, &'static str>)> + '_ {
        self.0.iter().map(|((table, address), word)| (*table, *address, *word))
    }
}
