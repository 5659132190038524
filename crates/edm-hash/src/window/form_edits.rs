//! Edits that make a canonical form of what is written: zeros of a column's width, and a name with
//! its last part first.

/// How many zeros may precede a number that has a width.
pub(crate) const LEADING_ZEROS_MAX: usize = 64;

/// Adds or takes leading zeros of the digits from `from` on, so that they have the width.
pub(crate) fn pad(out: &mut Vec<u8>, from: usize, width: Option<u16>) -> bool {
    let Some(width) = width.map(usize::from) else { return true };
    let count = out.len() - from;
    if count < width {
        out.splice(from..from, std::iter::repeat_n(b'0', width - count));
    } else if count > width {
        let extra = count - width;
        // More zeros than that are no number but filler.
        let zeros = out.iter().skip(from).take_while(|digit| **digit == b'0').count();
        if zeros > LEADING_ZEROS_MAX {
            return false;
        }
        if out.iter().skip(from).take(extra).any(|digit| *digit != b'0') {
            return false;
        }
        out.drain(from..from + extra);
    }
    true
}

/// Turns `last first` into `first last`, where the space that represents the comma is at `comma`.
pub(crate) fn rotate_name(out: &mut [u8], from: usize, comma: usize) {
    let behind = out.len() - comma - 1;
    let name = &mut out[from..];
    name.rotate_right(behind);
    // Now the part after the comma precedes and the space is last: it belongs between the two.
    name[behind..].rotate_right(1);
}
