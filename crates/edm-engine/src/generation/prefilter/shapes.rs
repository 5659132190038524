//! The shapes of a rule's values, laid out for a test at every atom of a window.
//!
//! A shape is a number of atoms, a number of bytes and a mask of the classes of characters. Two
//! questions are asked as a window grows: is this the shape of a value, and may a value begin like
//! this?
//!
//! ```text
//! rows[mask] ──► slots of the mask:  [0 atoms][1 atom][2 atoms] … [128 and more]
//! slot           lengths: a bit for each length of a value with exactly this mask
//!                bytes_max: the longest value with these classes or more, these atoms or more
//! ```
//!
//! Large numbers share the last slot and the last bit; only there the sorted list is searched. What
//! must stay true: `whole` is exact, `begins` may be too generous and never too strict.

use edm_hash::{PrefilterResult, Shape};

/// Shapes of this many atoms or more share a slot; whether one is listed is looked up by itself.
const ATOMS_LISTED: usize = 128;
/// Shapes of this many bytes or more share a bit, and are looked up too.
const BYTES_LISTED: usize = 127;
const MASKS: usize = 256;

/// The shapes of all values.
pub(crate) struct ShapeSet {
    /// In their order.
    shapes: Vec<Shape>,
    /// Where the slots of each mask begin. Those that no value has, with none of their supersets,
    /// share slots that say no.
    rows: Box<[u32; MASKS]>,
    /// For every mask that a value has, or may come to have, a slot for each number of atoms.
    slots: Vec<Slot>,
    /// Slots of a mask; the last is for all larger numbers of atoms.
    width: usize,
}

/// What is known of one mask and number of atoms.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Slot {
    /// The lengths in bytes of its values: the last bit is for all greater lengths.
    lengths: [u64; 2],
    /// The longest value of the mask or more classes and of as many atoms or more.
    bytes_max: u16,
}

impl ShapeSet {
    pub(crate) fn new(mut shapes: Vec<Shape>) -> Self {
        shapes.sort_unstable();
        shapes.dedup();
        let atoms_max = shapes.iter().map(|shape| usize::from(shape.atoms)).max().unwrap_or(0);
        // One slot more than the most atoms: it says that no value goes on.
        let width = (atoms_max + 2).min(ATOMS_LISTED + 1);
        let mut table = vec![vec![Slot::default(); width]; MASKS];
        for shape in &shapes {
            let row = table.get_mut(usize::from(shape.mask));
            if let Some(slot) = row.and_then(|row| row.get_mut(usize::from(shape.atoms).min(width - 1))) {
                let length = usize::from(shape.bytes).min(BYTES_LISTED);
                slot.lengths[length / 64] |= 1 << (length % 64);
                slot.bytes_max = slot.bytes_max.max(shape.bytes);
            }
        }
        // `begins` asks whether some longer value exists, so each slot takes the maximum over all
        // that may still come: more atoms, then more classes of characters.
        table.iter_mut().for_each(|row| as_many_atoms_or_more(row));
        the_same_classes_or_more(&mut table);
        let mut own = Self { shapes, rows: Box::new([0; MASKS]), slots: vec![Slot::default(); width], width };
        // Most of the 256 masks occur in no value: they share the empty slots at the front, so the
        // table stays in the first cache.
        for (row, slots) in own.rows.iter_mut().zip(&table) {
            if slots.iter().any(|slot| *slot != Slot::default()) {
                *row = own.slots.len() as u32;
                own.slots.extend_from_slice(slots);
            }
        }
        own
    }

    /// Returns the shapes in their order.
    pub(crate) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    #[inline]
    pub(crate) fn fit(&self, shape: Shape) -> PrefilterResult {
        // No branch on what the text holds: two loads and a shift decide.
        let atoms = usize::from(shape.atoms).min(self.width - 1);
        let row = self.rows[usize::from(shape.mask)] as usize;
        let Some(slot) = self.slots.get(row + atoms) else { return PrefilterResult::default() };
        let length = usize::from(shape.bytes).min(BYTES_LISTED);
        let listed = slot.lengths[length / 64] >> (length % 64) & 1 == 1;
        // Only shapes that share a slot or a bit with others need the list.
        let alone = length < BYTES_LISTED && usize::from(shape.atoms) < ATOMS_LISTED;
        PrefilterResult {
            may_match: listed && (alone || self.lists(shape)),
            may_extend: shape.bytes <= slot.bytes_max,
        }
    }

    #[cold]
    fn lists(&self, shape: Shape) -> bool {
        self.shapes.binary_search(&shape).is_ok()
    }
}

fn as_many_atoms_or_more(row: &mut [Slot]) {
    let mut bytes_max = 0;
    for slot in row.iter_mut().rev() {
        bytes_max = slot.bytes_max.max(bytes_max);
        slot.bytes_max = bytes_max;
    }
}

fn the_same_classes_or_more(table: &mut [Vec<Slot>]) {
    for class in (0..8).map(|bit| 1 << bit) {
        for mask in (0..MASKS).filter(|mask| mask & class == 0) {
            let (low, high) = table.split_at_mut(mask + 1);
            let (Some(own), Some(more)) = (low.last_mut(), high.get(class - 1)) else { continue };
            for (own, more) in own.iter_mut().zip(more) {
                own.bytes_max = own.bytes_max.max(more.bytes_max);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shapes() -> impl Strategy<Value = Shape> {
        let bytes = prop_oneof![0..12u16, 120..135u16, 4000..4100u16];
        let atoms = prop_oneof![4 => 0..6u16, 1 => 124..132u16];
        let mask = prop_oneof![0..8u8, any::<u8>()];
        (atoms, bytes, mask).prop_map(|(atoms, bytes, mask)| Shape { atoms, bytes, mask })
    }

    proptest! {
        #[test]
        fn a_shape_fits_as_the_list_says(listed in proptest::collection::vec(shapes(), 0..20), asked in shapes()) {
            let set = ShapeSet::new(listed.clone());
            let mut all = listed.clone();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(set.shapes(), &all[..]);
            for asked in listed.iter().copied().chain([asked]) {
                let fit = set.fit(asked);
                prop_assert_eq!(fit.may_match, listed.contains(&asked), "{:?}", asked);
                // All from the table's last number of atoms on are one there.
                let atoms = asked.atoms.min(ATOMS_LISTED as u16);
                let begins = listed.iter().any(|shape| {
                    let more = shape.mask & asked.mask == asked.mask && shape.bytes >= asked.bytes;
                    shape.atoms >= atoms && more
                });
                prop_assert!(fit.may_extend == begins || asked.bytes == 0, "{:?}: {}", asked, begins);
            }
        }
    }
}
