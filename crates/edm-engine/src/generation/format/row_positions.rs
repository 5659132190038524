//! From the presence bits of a column to the rows of its values.

use edm_hash::{ColumnView, set_bits};

/// Returns the row of each value of a column. Most columns have a value in every row.
pub(crate) fn row_positions(view: &ColumnView<'_>) -> Vec<u32> {
    let values = view.present();
    // The usual case is tested first: finding set bits one by one takes several times as long.
    let whole = view.presence.iter().take(values as usize / 8).all(|byte| *byte == u8::MAX);
    let last = view.presence.get(values as usize / 8).copied().unwrap_or(0);
    if whole && last.trailing_ones() == values % 8 {
        (0..values).collect()
    } else {
        set_bits(view.presence).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_bits_are() {
        let check = |presence: &[u8]| {
            let expected: Vec<u32> = set_bits(presence).collect();
            let hashes = vec![0; expected.len() * 16];
            let (counts, histogram) = Default::default();
            let view = ColumnView { counts, histogram, presence, hashes: &hashes, alternatives: &[] };
            assert_eq!(row_positions(&view), expected, "{presence:?}");
        };
        check(&[]);
        check(&[0]);
        check(&[0xff]);
        check(&[0xff, 0x07]);
        check(&[0xff, 0x0b]);
        check(&[0x07, 0xff]);
        check(&[0xfe, 0xff, 0x01]);
        check(&[0xff, 0xff, 0x00, 0x80]);
        check(&[0xff, 0x00, 0xff]);
    }
}
