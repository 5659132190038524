//! Several tables of one salt as if they were one: a batch is asked once, and each table only of what passed
//! (`docs/decisions/0013-batched-lookup.md`).

use std::sync::{Arc, Mutex, Weak};

use edm_hash::Hash;

use super::reader::Generation;
use super::rules_file::RuleGate;
use crate::filter::{self, BLOCK_BYTES, FilterPath, Parts};
use crate::marks::Marks;

/// Tables that were asked together this often are united: it costs some nanoseconds an entry, once.
const UNITED_AFTER: u32 = 4;
/// More entries than this are not united: the filter would take more than 96 MiB.
const ENTRIES_MAX: usize = 1 << 26;
/// Sets of tables that are remembered.
const SETS_MAX: usize = 8;
/// A filter begins at such an address, so that no block is in two cache lines.
const ALIGNMENT: usize = 64;

/// A table and the position of the rule in it.
pub(crate) type Member = (Arc<Generation>, usize);

/// What several tables know of one rule under one salt.
pub(crate) struct Union {
    gate: RuleGate,
    filter: Vec<u8>,
    filter_at: usize,
}

impl Union {
    /// Unites the tables; `None` where they hold too much.
    pub(crate) fn new(members: &[Member]) -> Option<Self> {
        let entries = |(generation, rule): &Member| generation.entry_count(*rule);
        let entries: usize = members.iter().map(entries).sum();
        if entries > ENTRIES_MAX {
            return None;
        }
        let blocks_bytes = filter::blocks_for(entries) * BLOCK_BYTES;
        let mut filter = vec![0; blocks_bytes + ALIGNMENT];
        let filter_at = filter.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        let blocks = filter.get_mut(filter_at..filter_at + blocks_bytes)?;
        for (generation, rule) in members {
            generation.each_address(*rule, |address| filter::insert(blocks, address, 0));
        }
        filter.truncate(filter_at + blocks_bytes);
        let gates = members.iter().filter_map(|(generation, rule)| generation.gate_and_tags(*rule));
        Some(Self { gate: RuleGate::united(&gates.collect::<Vec<_>>()), filter, filter_at })
    }

    /// Returns what a window must look like to be in one of the tables.
    pub(crate) fn gate(&self) -> &RuleGate {
        &self.gate
    }

    /// Marks each hash that one of the tables may hold: never leaves out one that one holds.
    pub(crate) fn mark_possible(&self, hashes: &[Hash], marks: &mut Marks) {
        let (blocks, _) = self.filter.get(self.filter_at..).unwrap_or(&[]).as_chunks();
        filter::mark(FilterPath::fastest(), Parts { bits: 0, filters: &[blocks] }, hashes, marks.words_mut());
    }
}

/// The sets of tables that are asked together, kept with one of them: who scans has nothing else that outlives a text.
#[derive(Default)]
pub(crate) struct Unions(Mutex<Vec<Set>>);

struct Set {
    members: Vec<(Weak<Generation>, usize)>,
    times: u32,
    union: Option<Arc<Union>>,
}

impl Set {
    fn is_of(&self, members: &[Member]) -> bool {
        self.members.len() == members.len()
            && self.members.iter().zip(members).all(|((own, own_rule), (generation, rule))| {
                own_rule == rule && std::ptr::eq(own.as_ptr(), Arc::as_ptr(generation))
            })
    }

    fn is_alive(&self) -> bool {
        self.members.iter().all(|(generation, _)| generation.strong_count() > 0)
    }
}

impl Unions {
    /// Returns the union of tables that are often asked together, in this order. Whoever comes while one is made gets
    /// none: asking table by table finds the same.
    pub(crate) fn of(&self, members: &[Member]) -> Option<Arc<Union>> {
        let mut sets = self.0.try_lock().ok()?;
        let known = sets.iter().position(|set| set.is_of(members) && set.is_alive());
        let mut set = match known {
            Some(at) => sets.remove(at),
            None => {
                let members = members.iter().map(|(generation, rule)| (Arc::downgrade(generation), *rule));
                Set { members: members.collect(), times: 0, union: None }
            }
        };
        set.times = set.times.saturating_add(1);
        if set.times == UNITED_AFTER {
            set.union = Union::new(members).map(Arc::new);
        }
        let union = set.union.clone();
        // The last asked first; what nobody asks for any more falls off the end.
        sets.retain(Set::is_alive);
        sets.insert(0, set);
        sets.truncate(SETS_MAX);
        union
    }
}

#[cfg(test)]
mod tests;
