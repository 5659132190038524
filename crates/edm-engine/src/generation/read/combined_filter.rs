//! Several tables of one salt as if they were one: a batch is tested once, and each table only of
//! what passed (`docs/decisions/0013-batched-lookup.md`).

use std::sync::Arc;

use edm_hash::{Hash, Level, address};

use crate::bit_set::BitSet;
use crate::generation::prefilter::aligned_bytes::AlignedBytes;
use crate::generation::prefilter::bloom::{self, BLOCK_BYTES, Parts};
use crate::generation::prefilter::rule_prefilter::RulePrefilter;
use crate::generation::read::generation::Generation;

/// The filters of more entries than this are not combined: it costs some nanoseconds an entry, and
/// 96 MiB.
const ENTRIES_MAX: usize = 1 << 26;

/// A table and the position of the rule in it.
pub(crate) type Member = (Arc<Generation>, usize);

/// The prefilters of one rule in several tables of one salt, as one.
pub(crate) struct CombinedFilter {
    prefilter: RulePrefilter,
    /// Empty where the tables hold too much.
    filter: AlignedBytes,
}

impl CombinedFilter {
    /// Unites tables that have the same rule under the same salt.
    pub(crate) fn new(members: &[Member]) -> Self {
        let listed = members.iter().map(|(generation, rule)| generation.prefilter_and_tags(*rule));
        let listed: Vec<_> = listed.collect();
        let prefilters = listed.iter().map(|(prefilter, tags)| (*prefilter, tags.as_chunks().0));
        let mut prefilter = RulePrefilter::union(&prefilters.collect::<Vec<_>>());
        if let Some((generation, rule)) = members.first() {
            prefilter.widen(&generation.rules()[*rule], generation.rule_keys(*rule));
        }
        let entries = |(generation, rule): &Member| generation.entry_count(*rule);
        let entries: usize = members.iter().map(entries).sum();
        let mut combined = Self { prefilter, filter: AlignedBytes::default() };
        // Without a filter those of the tables are tested, which is slower but not wrong.
        if entries <= ENTRIES_MAX {
            combined.fill_filter(members, entries);
        }
        combined
    }

    fn fill_filter(&mut self, members: &[Member], entries: usize) {
        self.filter = AlignedBytes::zeros(bloom::blocks_for(entries) * BLOCK_BYTES);
        let blocks = self.filter.as_mut_slice();
        for (generation, rule) in members {
            // The files are in order of address, so the blocks are filled front to back.
            generation.each_address(*rule, |address| bloom::insert(blocks, address, 0));
        }
    }

    /// Returns what a window must look like to be in one of the tables.
    pub(crate) fn prefilter(&self) -> &RulePrefilter {
        &self.prefilter
    }

    /// Prefetches what [`CombinedFilter::mark_possible`] reads of the first of some hashes.
    pub(crate) fn prefetch_filter(&self, hashes: &[Hash]) {
        let (blocks, _) = self.filter.as_slice().as_chunks();
        for hash in hashes.iter().take(bloom::ASKED_TOGETHER) {
            bloom::prefetch_block(blocks, address(hash), 0);
        }
    }

    /// Marks each hash that one of the tables may hold: never leaves out one that one holds.
    pub(crate) fn mark_possible(&self, hashes: &[Hash], marks: &mut BitSet) {
        // No filter means no knowledge: everything may be held.
        let (blocks, _) = self.filter.as_slice().as_chunks();
        if blocks.is_empty() {
            return marks.mark_all(hashes.len());
        }
        bloom::mark(Level::current(), Parts { bits: 0, filters: &[blocks] }, hashes, marks.words_mut());
    }
}

#[cfg(test)]
mod tests;
