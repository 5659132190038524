//! What must be known of every byte of a file, 64 at a time: where records and cells may end, how many lines there are, and
//! whether all of it is ASCII. A path for each kind of processor, all telling the same.

mod portable;
#[cfg(target_arch = "x86_64")]
mod x86;

use edm_hash::Level;

/// Bytes that are looked at together.
pub(super) const WINDOW: usize = 64;

/// What stands in a stretch of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Survey {
    pub(super) line_ends: u64,
    /// Whether a byte is 0.
    pub(super) nul: bool,
    /// Whether a byte is beyond ASCII.
    pub(super) beyond: bool,
}

/// Looks at all bytes.
pub(super) fn survey(level: Level, bytes: &[u8]) -> Survey {
    let (windows, rest) = bytes.as_chunks::<WINDOW>();
    let whole = match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::survey_avx512(windows),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::survey_avx2(windows),
        _ => portable::survey(windows.as_flattened()),
    };
    let rest = portable::survey(rest);
    Survey {
        line_ends: whole.line_ends + rest.line_ends,
        nul: whole.nul | rest.nul,
        beyond: whole.beyond | rest.beyond,
    }
}

/// Appends for each window of a text, the last filled up, a bit for each byte: whether it is a quote, the delimiter (which is
/// ASCII and not 0) or a line end.
pub(super) fn append_marks(level: Level, text: &[u8], delimiter: u8, out: &mut Vec<u64>) {
    let (windows, rest) = text.as_chunks::<WINDOW>();
    match level {
        #[cfg(target_arch = "x86_64")]
        Level::Avx512(_) => x86::append_avx512(windows, delimiter, out),
        #[cfg(target_arch = "x86_64")]
        Level::Avx2(_) => x86::append_avx2(windows, delimiter, out),
        _ => out.extend(windows.iter().map(|window| portable::marks(window, delimiter))),
    }
    if !rest.is_empty() {
        // No mark is 0.
        let mut window = [0; WINDOW];
        window.iter_mut().zip(rest).for_each(|(place, byte)| *place = *byte);
        out.push(portable::marks(&window, delimiter));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_path_tells_what_stands_there(
            bytes in proptest::collection::vec(prop_oneof![0x20u8..0x7f, Just(b'\n'), Just(b'"'), Just(b','), any::<u8>()], 0..300),
            ascii in any::<bool>(),
            delimiter in 1u8..0x7f,
        ) {
            let bytes: Vec<u8> = bytes.into_iter().map(|byte| if ascii { byte & 0x7f } else { byte }).collect();
            let expected = Survey {
                line_ends: bytes.iter().filter(|byte| **byte == b'\n').count() as u64,
                nul: bytes.contains(&0),
                beyond: !bytes.is_ascii(),
            };
            for path in Level::available() {
                prop_assert_eq!(survey(path, &bytes), expected, "{:?}", path);
                let mut marks = Vec::new();
                append_marks(path, &bytes, delimiter, &mut marks);
                prop_assert_eq!(marks.len(), bytes.len().div_ceil(WINDOW));
                for at in 0..marks.len() * WINDOW {
                    let byte = bytes.get(at).copied().unwrap_or(0);
                    let mark = byte == b'"' || byte == b'\n' || byte == delimiter;
                    prop_assert_eq!(marks[at / WINDOW] >> (at % WINDOW) & 1 == 1, mark, "{:?} {}", path, at);
                }
            }
        }
    }
}
