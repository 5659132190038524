//! Cutting a folded text into atoms (`docs/formats/hash.md`, section 2): where they begin and end is found in the bit masks of
//! its bytes, 64 at a time; only characters beyond ASCII are looked at one by one.

use crate::atom_set::{ATOMS_A_WORD, AtomSet};
use crate::classes::{BLOCK_BYTES, Masks, gathered};
use crate::processor::ProcessorPath;
use crate::table::{Class, TABLE};

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

/// The atoms of a text.
#[derive(Debug, Default)]
pub(crate) struct Atoms {
    /// Where each begins and ends, in bytes.
    pub(crate) ranges: Vec<(u32, u32)>,
    pub(crate) digits: AtomSet,
    pub(crate) clusters: AtomSet,
    /// Those that begin with a mark.
    pub(crate) marks: AtomSet,
    /// Those that nothing parts from the one before.
    pub(crate) joined: AtomSet,
    /// Those with a `.` or `'` directly behind.
    pub(crate) dotted: AtomSet,
    /// How many bytes each has, at most 255; as many as are whole words of atoms.
    pub(crate) lengths: Vec<u8>,
}

impl Atoms {
    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
        self.digits.clear();
        self.clusters.clear();
        self.marks.clear();
        self.joined.clear();
        self.dotted.clear();
        self.lengths.clear();
    }
}

/// Appends the atoms of a text with these masks.
pub(crate) fn append_atoms(path: ProcessorPath, text: &str, masks: &[Masks], out: &mut Atoms) {
    let mut carry = Carry::default();
    let mut open = false;
    for (index, masks) in masks.iter().enumerate() {
        let base = index * BLOCK_BYTES;
        let parts = parts(text, base, masks, &mut carry);
        let before = |bits: u64, carried: u64| bits << 1 | carried;
        let letters_before = before(parts.letters, carry.letter);
        let digits_before = before(parts.digits, carry.digit);
        let clusters_before = before(parts.clusters, carry.cluster);
        let starts = parts.letters & !letters_before | parts.digits & !digits_before | parts.cluster_starts;
        let ends = !parts.letters & letters_before
            | !parts.digits & digits_before
            | !parts.clusters & clusters_before
            | parts.cluster_starts & clusters_before;
        carry.letter = parts.letters >> 63;
        carry.digit = parts.digits >> 63;
        carry.cluster = parts.clusters >> 63;
        append_block(base as u32, starts, ends, &mut open, &mut out.ranges);
        let count = starts.count_ones();
        out.digits.push(gathered(path, parts.digits, starts), count);
        out.clusters.push(gathered(path, parts.cluster_starts, starts), count);
        out.marks.push(gathered(path, parts.marks, starts), count);
        out.joined.push(gathered(path, ends, starts), count);
        out.dotted.push(gathered(path, masks.joints, ends), ends.count_ones());
    }
    if let Some(last) = out.ranges.last_mut().filter(|_| open) {
        last.1 = text.len() as u32;
    }
    out.lengths.extend(out.ranges.iter().map(|(start, end)| (end - start).min(255) as u8));
    out.lengths.resize(out.ranges.len().next_multiple_of(ATOMS_A_WORD), 0);
}

fn append_block(base: u32, mut starts: u64, mut ends: u64, open: &mut bool, out: &mut Vec<(u32, u32)>) {
    if *open && ends != 0 {
        if let Some(last) = out.last_mut() {
            last.1 = base + ends.trailing_zeros();
        }
        ends &= ends - 1;
        *open = false;
    }
    while starts != 0 {
        let start = base + starts.trailing_zeros();
        starts &= starts - 1;
        if ends == 0 {
            *open = true;
            out.push((start, start));
        } else {
            out.push((start, base + ends.trailing_zeros()));
            ends &= ends - 1;
        }
    }
}

fn parts(text: &str, base: usize, masks: &Masks, carry: &mut Carry) -> Parts {
    let mut parts = Parts {
        letters: masks.letters | std::mem::take(&mut carry.letters),
        digits: masks.digits,
        clusters: std::mem::take(&mut carry.clusters),
        cluster_starts: 0,
        marks: 0,
    };
    let mut beyond = masks.beyond;
    while beyond != 0 {
        let at = beyond.trailing_zeros();
        let Some(character) = text.get(base + at as usize..).and_then(|rest| rest.chars().next()) else {
            // The rest of a character that began in the block before.
            beyond &= beyond - 1;
            continue;
        };
        let length = character.len_utf8();
        let bits = ((1u128 << length) - 1) << at;
        beyond &= !(bits as u64);
        let behind_cluster = match at {
            0 => carry.cluster == 1,
            _ => parts.clusters >> (at - 1) & 1 == 1,
        };
        let class = TABLE.entry(character).class;
        let is_cluster = match class {
            Class::Letter => false,
            Class::Cluster => true,
            Class::Mark => behind_cluster,
            _ => continue,
        };
        let (own, carried) = match is_cluster {
            true => (&mut parts.clusters, &mut carry.clusters),
            false => (&mut parts.letters, &mut carry.letters),
        };
        *own |= bits as u64;
        *carried |= (bits >> 64) as u64;
        parts.cluster_starts |= u64::from(class == Class::Cluster) << at;
        parts.marks |= u64::from(class == Class::Mark && !is_cluster) << at;
    }
    parts
}
