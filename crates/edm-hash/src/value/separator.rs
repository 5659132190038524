//! How a gap joins two groups of a number (`docs/formats/hash.md`, rules N1 to N3).

use edm_model::Delimiters;

use crate::text::gap;
use crate::value::atom_reader::AtomReader;

/// How a gap joins two neighbouring atoms of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Separator {
    /// The gap is empty.
    Nothing,
    /// The column's ignored delimiters alone.
    Ignored,
    /// A space, `-`, `.` or `/`, perhaps doubled or between spaces.
    Written(u8),
}

impl AtomReader<'_> {
    /// Returns how the gap after an atom joins it to the next one; `None` if it joins nothing.
    pub(crate) fn separator(self, index: usize) -> Option<Separator> {
        if index + 1 >= self.count() {
            return None;
        }
        separator(self.folded.gap(index), self.delimiters)
    }
}

fn separator(gap: &str, delimiters: &Delimiters) -> Option<Separator> {
    match *gap.as_bytes() {
        [] => return Some(Separator::Nothing),
        // What most gaps are.
        [byte @ (b' ' | b'-' | b'.' | b'/')] if !delimiters.contains(char::from(byte)) => {
            return Some(Separator::Written(byte));
        }
        _ => {}
    }
    let crossing = gap::crossing(gap, delimiters);
    if !crossing.crossed || crossing.ignored {
        return crossing.ignored.then_some(Separator::Ignored).filter(|_| crossing.crossed);
    }
    if !gap.contains(['\r', '\n']) {
        return written(gap.as_bytes());
    }
    // A line break counts as a space, or as nothing after another one: `4111-⏎1111` goes on.
    let mut plain = String::new();
    gap::plain(gap, |character| plain.push(character));
    match plain.strip_suffix('\n')?.trim_end_matches(' ') {
        "" => Some(Separator::Written(b' ')),
        rest => written(rest.as_bytes()),
    }
}

fn written(gap: &[u8]) -> Option<Separator> {
    if let [b' '] | [b' ', b' '] = gap {
        return Some(Separator::Written(b' '));
    }
    let gap = gap.strip_prefix(b" ").unwrap_or(gap);
    let gap = gap.strip_suffix(b" ").unwrap_or(gap);
    match *gap {
        [byte @ (b'-' | b'.' | b'/')] => Some(Separator::Written(byte)),
        [byte @ (b'-' | b'.' | b'/'), again] if byte == again => Some(Separator::Written(byte)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators() {
        let own = |byte: u8| Some(Separator::Written(byte));
        let cases: &[(&str, &str, Option<Separator>)] = &[
            ("", "", Some(Separator::Nothing)),
            (" ", "", own(b' ')),
            ("  ", "", own(b' ')),
            ("   ", "", None),
            ("-", "", own(b'-')),
            ("--", "", own(b'-')),
            (" - ", "", own(b'-')),
            ("- ", "", own(b'-')),
            (" //", "", own(b'/')),
            ("-.", "", None),
            ("---", "", None),
            (",", "", None),
            ("  - ", "", None),
            ("\n", "", own(b' ')),
            ("  \r\n> > ", "", own(b' ')),
            (" -\n", "", own(b'-')),
            ("\n-", "", None),
            ("\n\n", "", None),
            ("\t", "", None),
            ("|", "", None),
            ("#-", "-#", Some(Separator::Ignored)),
            ("- ", "-", own(b'-')),
            ("#-#-", "-#", None),
        ];
        for (gap, ignored, expected) in cases {
            let delimiters = Delimiters::new(ignored.chars()).expect("delimiters");
            assert_eq!(separator(gap, &delimiters), *expected, "{gap:?} {ignored:?}");
        }
    }
}
