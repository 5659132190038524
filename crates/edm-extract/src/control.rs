//! The control characters that texts do not have.

/// Returns the offset of the first control character that texts do not have.
///
/// Texts have tabs, line ends, form feeds and what terminals write: BEL, BS, ESC, DEL. `file(1)`
/// accepts the same, except for VT and DEL. The bytes are UTF-8 or a superset of ASCII.
pub(crate) fn first_control(bytes: &[u8]) -> Option<usize> {
    // Two passes: the first has no exit, so that the compiler vectorises it.
    let any = bytes.iter().fold(false, |any, byte| any | is_control(*byte));
    any.then(|| bytes.iter().position(|byte| is_control(*byte))).flatten()
}

fn is_control(byte: u8) -> bool {
    (byte < 0x20) & !(0x07..=0x0D).contains(&byte) & (byte != 0x1B)
}
