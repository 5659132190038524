//! Cuts a folded text into atoms (`docs/formats/hash.md`, section 2).
//!
//! Problem: an atom is a maximal run of letters or of digits, and a text has one for every five
//! bytes. A loop over characters branches at each, and runs of any length cannot be predicted.
//!
//! Idea: the classes of 64 bytes are words of bits (`simd/bytes`), an atom begins where a bit is
//! set and the one before is not, and the numbers of these bits are the positions. Only characters
//! beyond ASCII are looked at one by one, and they only add bits:
//!
//! ```text
//! for each block of 64 bytes:
//!     letters, digits, beyond = classes of the bytes
//!     for each character in beyond: look up its class, add its bits to letters or clusters
//!     starts = letters & !(letters << 1 | carry) | digits & !(digits << 1 | …) | cluster starts
//!     ends   = !letters & (letters << 1 | carry) | …            one after the last byte
//! count     = number of set bits in starts
//! positions = numbers of the set bits of starts and of ends, paired to ranges
//! digits    = the bits of digits where starts has one, packed: bit k is atom k
//! ```
//!
//! What must stay true: every atom has one start and one end, in the same order; so the k-th start
//! and the k-th end are one atom's. An atom that reaches the end of the last block has no end bit
//! and gets the text's length. The masks of a text beyond ASCII carry over blocks: a character of
//! several bytes may begin in one block and end in the next ([`Carry`]).
//!
//! Measured: a cell of 4 to 42 bytes takes 94 ns (AVX-512) where it took 144, text 925 MB/s where
//! it was 303 (`docs/bench/windows.md`, Folding and cutting).

use crate::simd::bits::{self, POSITIONS_SLACK};
use crate::simd::bytes::{BLOCK_BYTES, Masks};
use crate::simd::level::Level;
use crate::text::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::text::unicode_data::{Class, TABLE};

/// What the last byte of the block before was.
#[derive(Default)]
struct Carry {
    letter: u64,
    digit: u64,
    cluster: u64,
    /// Bits of a character that goes over the block's end.
    letters: u64,
    clusters: u64,
}

/// The bytes of a block that make atoms.
struct Parts {
    /// Letters and the marks that belong to them.
    letters: u64,
    digits: u64,
    /// Clusters and the marks that belong to them.
    clusters: u64,
    /// The first bytes of clusters.
    cluster_starts: u64,
    /// The first bytes of marks that belong to no cluster.
    marks: u64,
}

/// Where atoms start and end: bits of a text's bytes, those of ends after the last byte.
#[derive(Debug, Default)]
struct Edges {
    starts: Vec<u64>,
    ends: Vec<u64>,
    /// The first bytes of clusters, and of marks that belong to none; empty where the text has
    /// neither.
    cluster_starts: Vec<u64>,
    marks: Vec<u64>,
}

/// The atoms of a text.
#[derive(Debug, Default)]
pub(crate) struct Atoms {
    count: usize,
    /// As many as there are, and others after them.
    ranges: Vec<(u32, u32)>,
    /// How many bytes each has, at most 255; others up to a whole word of atoms have none.
    lengths: Vec<u8>,
    pub(crate) digits: AtomSet,
    pub(crate) clusters: AtomSet,
    /// Those that begin with a mark.
    pub(crate) marks: AtomSet,
    /// Those that nothing parts from the one before.
    pub(crate) joined: AtomSet,
    /// Those with a `.` or `'` directly after.
    pub(crate) dotted: AtomSet,
    edges: Edges,
    starts: Vec<u32>,
    ends: Vec<u32>,
}

impl Atoms {
    /// Returns where each begins and ends, in bytes.
    #[inline]
    pub(crate) fn ranges(&self) -> &[(u32, u32)] {
        &self.ranges[..self.count]
    }

    /// Returns how many bytes the atoms of the `number`th 64 have, at most 255; no atom has none.
    #[inline]
    pub(crate) fn lengths(&self, number: usize) -> Option<&[u8; ATOMS_A_WORD]> {
        self.lengths.get(number * ATOMS_A_WORD..)?.first_chunk()
    }

    /// Makes them those of a text with these masks.
    pub(crate) fn cut(&mut self, level: Level, text: &str, masks: &Masks) {
        let open = self.edges.read(text, masks);
        let Edges { starts, ends, cluster_starts, marks } = &self.edges;
        self.count = bits::count(level, starts);
        let sets = [
            (&mut self.digits, &masks.digits, starts),
            (&mut self.clusters, cluster_starts, starts),
            (&mut self.marks, marks, starts),
            (&mut self.joined, ends, starts),
            (&mut self.dotted, &masks.joints, ends),
        ];
        // What is known of an atom is the bit of its first byte (of its end for `dotted`): packed,
        // these bits are the atoms in order.
        for (set, own, places) in sets {
            set.reset(if own.is_empty() { 0 } else { self.count });
            if !own.is_empty() {
                bits::pack(level, own, places, set.words_mut());
            }
        }
        // Buffers only grow. What is after `count` is left from an earlier text and never read.
        grow(&mut self.starts, self.count + POSITIONS_SLACK, 0);
        grow(&mut self.ends, self.count + POSITIONS_SLACK, 0);
        grow(&mut self.ranges, self.count, (0, 0));
        bits::positions(level, starts, &mut self.starts);
        bits::positions(level, ends, &mut self.ends);
        // The last atom of an open text has no end bit, so `positions` wrote one end too few.
        if open {
            self.ends[self.count - 1] = text.len() as u32;
        }
        // Whole words of lengths, so that 64 of them can always be compared at once. No atom has
        // length 0.
        self.lengths.clear();
        self.lengths.resize(self.count.next_multiple_of(ATOMS_A_WORD), 0);
        let (starts, ends) = (&self.starts[..self.count], &self.ends[..self.count]);
        bits::pair(level, starts, ends, &mut self.ranges, &mut self.lengths);
    }
}

/// Makes a buffer at least so long.
fn grow<T: Copy>(buffer: &mut Vec<T>, length: usize, empty: T) {
    if buffer.len() < length {
        buffer.resize(length, empty);
    }
}

impl Edges {
    /// Returns whether the text ends with an atom whose end is in no block.
    fn read(&mut self, text: &str, masks: &Masks) -> bool {
        self.starts.clear();
        self.ends.clear();
        self.cluster_starts.clear();
        self.marks.clear();
        if masks.is_ascii { self.read_ascii(masks) } else { self.read_any(text, masks) }
    }

    fn read_ascii(&mut self, masks: &Masks) -> bool {
        let blocks = masks.letters.len();
        self.starts.resize(blocks, 0);
        self.ends.resize(blocks, 0);
        let (mut letter, mut digit) = (0, 0);
        let edges = self.starts.iter_mut().zip(&mut self.ends);
        for ((letters, digits), (starts, ends)) in masks.letters.iter().zip(&masks.digits).zip(edges) {
            let (letters_before, digits_before) = (letters << 1 | letter, digits << 1 | digit);
            *starts = letters & !letters_before | digits & !digits_before;
            *ends = !letters & letters_before | !digits & digits_before;
            (letter, digit) = (letters >> 63, digits >> 63);
        }
        letter | digit != 0
    }

    fn read_any(&mut self, text: &str, masks: &Masks) -> bool {
        let blocks = masks.letters.len();
        let Self { starts, ends, cluster_starts, marks } = self;
        starts.reserve(blocks);
        ends.reserve(blocks);
        let mut carry = Carry::default();
        for (index, ((letters, digits), beyond)) in
            masks.letters.iter().zip(&masks.digits).zip(&masks.beyond).enumerate()
        {
            let mut parts =
                Parts { letters: *letters, digits: *digits, clusters: 0, cluster_starts: 0, marks: 0 };
            if *beyond != 0 {
                parts.read(text, index * BLOCK_BYTES, *beyond, &mut carry);
                // Most texts have neither clusters nor lone marks: their masks stay empty, and
                // nothing packs them.
                if parts.cluster_starts | parts.marks != 0 {
                    cluster_starts.resize(blocks, 0);
                    marks.resize(blocks, 0);
                    cluster_starts[index] = parts.cluster_starts;
                    marks[index] = parts.marks;
                }
            }
            let before = |bits: u64, carried: u64| bits << 1 | carried;
            let letters_before = before(parts.letters, carry.letter);
            let digits_before = before(parts.digits, carry.digit);
            let clusters_before = before(parts.clusters, carry.cluster);
            starts
                .push(parts.letters & !letters_before | parts.digits & !digits_before | parts.cluster_starts);
            ends.push(
                !parts.letters & letters_before
                    | !parts.digits & digits_before
                    | !parts.clusters & clusters_before
                    | parts.cluster_starts & clusters_before,
            );
            carry.letter = parts.letters >> 63;
            carry.digit = parts.digits >> 63;
            carry.cluster = parts.clusters >> 63;
        }
        carry.letter | carry.digit | carry.cluster != 0
    }
}

impl Parts {
    /// Adds the characters beyond ASCII.
    fn read(&mut self, text: &str, base: usize, mut beyond: u64, carry: &mut Carry) {
        self.letters |= std::mem::take(&mut carry.letters);
        self.clusters |= std::mem::take(&mut carry.clusters);
        while beyond != 0 {
            let at = beyond.trailing_zeros();
            let Some(character) = text.get(base + at as usize..).and_then(|rest| rest.chars().next()) else {
                // The rest of a character that began in the block before.
                beyond &= beyond - 1;
                continue;
            };
            let length = character.len_utf8();
            // Up to four bits, of which some may belong to the next block.
            let bits = ((1u128 << length) - 1) << at;
            beyond &= !(bits as u64);
            // A mark belongs to the cluster before it, else to the letters.
            let behind_cluster = match at {
                0 => carry.cluster == 1,
                _ => self.clusters >> (at - 1) & 1 == 1,
            };
            let class = TABLE.entry(character).class;
            let is_cluster = match class {
                Class::Letter => false,
                Class::Cluster => true,
                Class::Mark => behind_cluster,
                _ => continue,
            };
            let (own, carried) = match is_cluster {
                true => (&mut self.clusters, &mut carry.clusters),
                false => (&mut self.letters, &mut carry.letters),
            };
            *own |= bits as u64;
            *carried |= (bits >> 64) as u64;
            self.cluster_starts |= u64::from(class == Class::Cluster) << at;
            self.marks |= u64::from(class == Class::Mark && !is_cluster) << at;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Atoms as the definition has them: ranges, and which are digits, clusters, begin with a mark,
    /// touch the one before, have a joint after them.
    fn defined(text: &str) -> Vec<((u32, u32), [bool; 5])> {
        let mut atoms: Vec<((u32, u32), [bool; 5])> = Vec::new();
        let mut open = None;
        for (at, character) in text.char_indices() {
            let class = TABLE.entry(character).class;
            let kind = match class {
                Class::Mark if open == Some(Class::Cluster) => open,
                Class::Mark => Some(Class::Letter),
                Class::Letter | Class::Cluster | Class::Digit => Some(class),
                _ => None,
            };
            let (start, end) = (at as u32, (at + character.len_utf8()) as u32);
            match (kind, atoms.last_mut()) {
                (None, last) => {
                    let touches = last.filter(|last| open.is_some() && last.0.1 == start);
                    touches.into_iter().for_each(|last| last.1[4] = matches!(character, '.' | '\''));
                }
                (kind, Some(last)) if kind == open && class != Class::Cluster => last.0.1 = end,
                (_, last) => {
                    let joined = last.is_some_and(|last| last.0.1 == start);
                    let is = |own: Class| class == own;
                    let sets = [is(Class::Digit), is(Class::Cluster), is(Class::Mark), joined, false];
                    atoms.push(((start, end), sets));
                }
            }
            open = kind;
        }
        atoms
    }

    proptest! {
        #[test]
        fn every_path_cuts_as_defined(
            pieces in proptest::collection::vec("[a-c]{1,70}|[0-9]{1,9}|[ .',-]{1,70}|[é漢字นี้\u{301}🙂]{1,3}", 0..30),
        ) {
            let text = pieces.concat();
            let expected = defined(&text);
            let (mut masks, mut atoms) = (Masks::default(), Atoms::default());
            for level in Level::available() {
                for text in ["a text before, of 1 more", &text] {
                    masks.read(level, text.as_bytes());
                    atoms.cut(level, text, &masks);
                }
                let sets = [&atoms.digits, &atoms.clusters, &atoms.marks, &atoms.joined, &atoms.dotted];
                let found: Vec<_> = atoms.ranges().iter().enumerate().collect();
                let found: Vec<_> = found.iter().map(|(at, range)| (**range, sets.map(|set| set.contains(*at)))).collect();
                prop_assert_eq!(&found, &expected, "{:?} {:?}", level, text);
                for number in 0..expected.len().div_ceil(64) + 1 {
                    let lengths = atoms.lengths(number).copied().unwrap_or([0; 64]);
                    for (at, length) in lengths.iter().enumerate() {
                        let own = expected.get(number * 64 + at).map_or(0, |((start, end), _)| end - start);
                        prop_assert_eq!(u32::from(*length), own.min(255));
                    }
                }
            }
        }
    }
}
