//! Which atoms the values of a rule are made of, as keyed tags: a set, made with as few AES blocks
//! and as little sorting as possible.
//!
//! Problem: a table of a million names has two million atoms, most of them one of a few thousand.
//! Tagging each costs an AES block, and a set of tags costs a look-up.
//!
//! Idea: two filters before the set. A direct-mapped cache of the atoms seen last drops most
//! repetitions before they are tagged; what is left is tagged in batches, appended to a list, and
//! sorted and deduplicated whenever the list has doubled.
//!
//! ```text
//! atom -> recent[hash(atom)] == atom?  yes: drop
//!                                      no: replace the entry, append the atom to the arena
//! arena full (1 MiB) -> tag all atoms -> tags
//! tags doubled       -> radix sort, dedup
//! ```
//!
//! What must stay true: the result is the set of tags, whatever the cache dropped: it drops only
//! atoms that were appended before. Tags are evenly spread, so a [radix
//! sort](https://en.wikipedia.org/wiki/Radix_sort) by three digits of 11 bits needs no comparison.

use crate::key::keys::RuleKeys;
use crate::simd::mask::low;
use crate::value::plain::form::Form;

/// More vocabulary tags than this, over all rules of a block, are not listed: 2 MiB.
pub(crate) const VOCABULARY_MAX: usize = 512 * 1024;
/// Atoms are tagged whenever this many bytes of them were gathered.
const ARENA_BYTES: usize = 1024 * 1024;
/// Atoms seen last, by their bytes: most atoms of a table are a few frequent ones.
const RECENT: usize = 4096;
/// Only atoms of at most this many bytes are remembered.
const RECENT_BYTES_MAX: u32 = 16;
/// Bits of a tag that one pass of sorting looks at.
const DIGIT_BITS: u32 = 11;

/// The vocabulary of one rule in one block.
pub(crate) struct Vocabulary {
    /// `None` where windows are found without asking which atoms occur.
    gathered: Option<Gathered>,
}

struct Gathered {
    atoms: Vec<u8>,
    ranges: Vec<(u32, u32)>,
    tags: Vec<u32>,
    /// Tags at the last time that they were sorted.
    sorted: usize,
    /// An atom at the place that its bytes choose, as a number; 0 is none.
    recent: Box<[u128]>,
    /// Whether there are too many tags for any block.
    overflown: bool,
    scratch: Vec<u32>,
}

impl Vocabulary {
    pub(crate) fn new(gathers: bool) -> Self {
        let gathered = gathers.then(|| Gathered {
            atoms: Vec::new(),
            ranges: Vec::new(),
            tags: Vec::new(),
            sorted: 0,
            recent: vec![0; RECENT].into_boxed_slice(),
            overflown: false,
            scratch: Vec::new(),
        });
        Self { gathered }
    }

    /// Takes the atoms of a form that has several.
    #[inline(always)]
    pub(crate) fn see(&mut self, form: &Form<'_>, keys: &RuleKeys) {
        let Some(gathered) = self.gathered.as_mut().filter(|gathered| !gathered.overflown) else { return };
        let (mut starts, mut ends) = (form.atom_starts(), form.atom_ends());
        while starts != 0 {
            let (start, end) = (starts.trailing_zeros(), ends.trailing_zeros() + 1);
            (starts, ends) = (starts & (starts - 1), ends & (ends - 1));
            // Up to 16 bytes an atom is a number, so that remembering and comparing it is one
            // instruction each.
            if end - start <= RECENT_BYTES_MAX {
                let step = form.step(start);
                let bits = 8 * (end - start);
                let atom = u128::from_le_bytes(step);
                let (front, back) =
                    (atom as u64 & low(bits), (atom >> 64) as u64 & low(bits.saturating_sub(64)));
                if !gathered.saw(u128::from(front) | u128::from(back) << 64) {
                    gathered.push_short(step, end - start);
                }
                continue;
            }
            gathered.push(&form.bytes()[start as usize..end as usize]);
        }
        gathered.tag_if_full(keys);
    }

    /// Takes the atoms of a form that has several, given one by one through `each`.
    pub(crate) fn see_all(&mut self, keys: &RuleKeys, each: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        let Some(gathered) = self.gathered.as_mut().filter(|gathered| !gathered.overflown) else { return };
        each(&mut |atom| gathered.push(atom));
        gathered.tag_if_full(keys);
    }

    /// Returns the tags, ascending, and starts afresh; `None` if there are more than `room` has
    /// left.
    pub(crate) fn finish(&mut self, keys: &RuleKeys, room: &mut usize) -> Option<Vec<u32>> {
        let Some(gathered) = &mut self.gathered else { return Some(Vec::new()) };
        gathered.tag(keys);
        gathered.sort();
        let tags = std::mem::take(&mut gathered.tags);
        let listed = !gathered.overflown && tags.len() <= *room;
        (gathered.sorted, gathered.overflown) = (0, false);
        gathered.recent.fill(0);
        if listed {
            *room -= tags.len();
        }
        listed.then_some(tags)
    }
}

impl Gathered {
    /// Returns whether the atom was seen lately; from now on it was.
    #[inline(always)]
    fn saw(&mut self, atom: u128) -> bool {
        // A multiplicative hash; the high bits are the well-mixed ones.
        let mixed = (atom as u64 ^ (atom >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        std::mem::replace(&mut self.recent[(mixed >> 40) as usize % RECENT], atom) == atom
    }

    /// Adds an atom at the start of 16 bytes.
    #[inline(always)]
    fn push_short(&mut self, step: [u8; RECENT_BYTES_MAX as usize], length: u32) {
        let start = self.atoms.len();
        // All of them are copied, which takes one instruction; those after the atom go again.
        self.atoms.extend_from_slice(&step);
        self.atoms.truncate(start + length as usize);
        self.ranges.push((start as u32, self.atoms.len() as u32));
    }

    fn push(&mut self, atom: &[u8]) {
        let start = self.atoms.len() as u32;
        self.atoms.extend_from_slice(atom);
        self.ranges.push((start, self.atoms.len() as u32));
    }

    fn tag_if_full(&mut self, keys: &RuleKeys) {
        if self.atoms.len() >= ARENA_BYTES {
            self.tag(keys);
        }
    }

    fn tag(&mut self, keys: &RuleKeys) {
        keys.vocabulary_tags(&self.atoms, &self.ranges, &mut self.tags);
        self.atoms.clear();
        self.ranges.clear();
        // Sorted whenever it has doubled, the list stays within twice its final size.
        if self.tags.len() > self.sorted * 2 + VOCABULARY_MAX {
            self.sort();
            self.overflown = self.tags.len() > VOCABULARY_MAX;
        }
    }

    fn sort(&mut self) {
        sort(&mut self.tags, &mut self.scratch);
        self.tags.dedup();
        self.sorted = self.tags.len();
    }
}

/// Sorts by three passes over the bits, lowest first: tags are evenly spread, and comparing them
/// costs more.
fn sort(tags: &mut Vec<u32>, scratch: &mut Vec<u32>) {
    const DIGITS: usize = 1 << DIGIT_BITS;
    if tags.len() < DIGITS {
        tags.sort_unstable();
        return;
    }
    scratch.clear();
    scratch.resize(tags.len(), 0);
    for pass in 0..32u32.div_ceil(DIGIT_BITS) {
        let digit = |tag: u32| (tag >> (pass * DIGIT_BITS)) as usize % DIGITS;
        // Counting sort by one digit: counts become the first place of each digit, then places move
        // on.
        let mut places = [0u32; DIGITS];
        tags.iter().for_each(|tag| places[digit(*tag)] += 1);
        let mut before = 0;
        for place in &mut places {
            before += std::mem::replace(place, before);
        }
        for tag in tags.iter() {
            let place = &mut places[digit(*tag)];
            scratch[*place as usize] = *tag;
            *place += 1;
        }
        std::mem::swap(tags, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_sorted_whatever_their_number() {
        for count in [0u32, 1, 2, 2_047, 2_048, 5_000, 100_000] {
            let mut tags: Vec<u32> =
                (0..count).map(|n| n.wrapping_mul(0x9e37_79b9).rotate_left(n % 32)).collect();
            tags.extend([0, u32::MAX, 1 << 11, 1 << 22]);
            let mut expected = tags.clone();
            expected.sort_unstable();
            sort(&mut tags, &mut Vec::new());
            assert_eq!(tags, expected, "{count}");
        }
    }
}
