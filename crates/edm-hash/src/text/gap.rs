//! What lies between two atoms: its canonical form under a rule, and whether a window crosses it
//! (`docs/formats/hash.md`, section 2; `docs/matching.md`, Windows).
//!
//! Two callers need different answers fast. A walk needs only the length and the classes of the
//! gap's form, and whether that form differs from the gap ([`CanonicalGap`]); nearly all gaps are
//! one ASCII character, for which [`text_joint`] answers without text functions. A cell needs the
//! bytes themselves ([`push_canonical`]).
//!
//! ```text
//! gap        form    crossed
//! " "        " "     yes
//! "  \n> "   " "     yes: one line break, and the quote mark of a reply after it
//! "-"        ""      yes, where the column ignores `-`
//! "\n\n"     -       no: two breaks part paragraphs
//! " | "      " | "   yes: at most three characters that are not white space
//! ```

use edm_model::{DataType, Delimiters, Rule};

use crate::text::char_class;

/// The longest gap that a window crosses, in bytes.
const GAP_BYTES_MAX: usize = 256;
/// The most characters that are not white space in a gap that a window crosses.
const GAP_CHARACTERS_MAX: usize = 3;

/// How a window of a text sees a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crossing {
    /// Whether a window may go on after it.
    pub(crate) crossed: bool,
    /// Whether it is made of ignored delimiters alone (and is not empty).
    pub(crate) ignored: bool,
    /// Whether it is made of white space alone (and is not empty).
    pub(crate) white_space: bool,
}

pub(crate) fn is_white(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

pub(crate) fn all_ignored(gap: &str, delimiters: &Delimiters) -> bool {
    !gap.is_empty() && gap.chars().all(|character| delimiters.contains(character))
}

/// Judges a gap of a text.
pub(crate) fn crossing(gap: &str, delimiters: &Delimiters) -> Crossing {
    if gap.is_empty() {
        return Crossing { crossed: true, ignored: false, white_space: false };
    }
    let ignored = all_ignored(gap, delimiters);
    let white_space = gap.chars().all(is_white);
    let crossed =
        gap.len() <= GAP_BYTES_MAX && if ignored { crosses_ignored(gap) } else { crosses_other(gap) };
    Crossing { crossed, ignored, white_space }
}

fn crosses_ignored(gap: &str) -> bool {
    // Ignored delimiters vanish from the form, so a long run of them would join what a writer set
    // apart: two cells, two lines, two entries of a list.
    gap.chars().count() <= GAP_CHARACTERS_MAX
        && gap.chars().filter(|character| *character == ' ').count() <= 1
        && !gap.contains(['\t', '\r', '\n', '|'])
        && !gap.contains(", ")
}

fn crosses_other(gap: &str) -> bool {
    // White space is free, but for a second line break: that parts paragraphs.
    let mut breaks = 0;
    let mut characters = 0;
    plain(gap, |character| match character {
        '\n' => breaks += 1,
        other if is_white(other) => {}
        _ => characters += 1,
    });
    breaks <= 1 && characters <= GAP_CHARACTERS_MAX
}

/// Walks the plain form: a line break with the quote marks of a reply after it is one line feed.
pub(crate) fn plain(gap: &str, mut each: impl FnMut(char)) {
    let mut characters = gap.chars().peekable();
    while let Some(character) = characters.next() {
        if !matches!(character, '\r' | '\n') {
            each(character);
            continue;
        }
        // `\r\n` is one break. Quote marks of a reply come after it, with spaces between.
        if character == '\r' {
            characters.next_if_eq(&'\n');
        }
        while characters.next_if(|next| matches!(next, ' ' | '>')).is_some() {}
        each('\n');
    }
}

/// Appends the canonical form of a gap.
pub(crate) fn push_canonical(gap: &str, delimiters: &Delimiters, out: &mut Vec<u8>) {
    if gap == " " && !delimiters.contains(' ') {
        out.push(b' ');
        return;
    }
    if gap.is_empty() || all_ignored(gap, delimiters) {
        return;
    }
    let mut in_white = false;
    plain(gap, |character| {
        let white = is_white(character);
        if white && !in_white {
            out.push(b' ');
        } else if !white {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        in_white = white;
    });
}

/// What a rule makes of a gap that a window crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CanonicalGap {
    /// The bytes that represent it in the window's form.
    pub(crate) bytes: u32,
    /// The classes of these.
    pub(crate) mask: u8,
    /// Whether they are others than those of the gap.
    pub(crate) changed: bool,
    /// Whether it is made of ignored delimiters alone (and is not empty).
    pub(crate) ignored: bool,
    /// Whether it is made of white space alone (and is not empty).
    pub(crate) white_space: bool,
    /// Whether it is a name's comma.
    pub(crate) comma: bool,
}

/// Judges a gap of one ASCII character inside a window of a text, as nearly all are.
#[inline]
pub(crate) fn text_joint(byte: u8, delimiters: &Delimiters) -> Option<CanonicalGap> {
    let ignored = delimiters.contains(char::from(byte));
    let white_space = is_white(char::from(byte));
    // An ignored delimiter that parts cells or lines joins nothing in a text.
    if ignored && matches!(byte, b'\t' | b'\r' | b'\n' | b'|') {
        return None;
    }
    let own = if white_space { b' ' } else { byte };
    Some(CanonicalGap {
        bytes: u32::from(!ignored),
        mask: if ignored { 0 } else { char_class::class_of(own) },
        changed: ignored || own != byte,
        ignored,
        white_space,
        comma: false,
    })
}

/// Judges a gap of some ASCII characters inside a window of a text; `None` where that cannot be
/// reported so easily.
#[inline]
pub(crate) fn plain_joint(gap: &[u8], delimiters: &Delimiters) -> Option<CanonicalGap> {
    let (mut mask, mut before) = (0, 0);
    for byte in gap {
        let plain = matches!(byte, b' '..=b'~') && !delimiters.contains(char::from(*byte));
        if !plain || before == b' ' && *byte == b' ' {
            return None;
        }
        mask |= char_class::class_of(*byte);
        before = *byte;
    }
    let bytes = gap.len() as u32;
    let known = (1..=GAP_CHARACTERS_MAX).contains(&gap.len());
    known.then_some(CanonicalGap {
        bytes,
        mask,
        changed: false,
        ignored: false,
        white_space: gap == b" ",
        comma: false,
    })
}

/// Judges a gap inside a window of a rule that has no recogniser of its own; `None` where no window
/// crosses it. Works in `room`.
pub(crate) fn joint(gap: &str, rule: &Rule, room: &mut Vec<u8>) -> Option<CanonicalGap> {
    let Crossing { crossed, ignored, white_space } = crossing(gap, &rule.delimiters);
    // A number goes on over ignored delimiters alone: `12 34` is two numbers unless the column
    // ignores spaces.
    let is_digits = matches!(rule.data_type, DataType::Digits { .. });
    if !crossed || is_digits && !ignored {
        return None;
    }
    room.clear();
    let comma = push_joint(gap, rule, room)?;
    let mask = char_class::mask_of(room);
    let bytes = u32::try_from(room.len()).ok()?;
    Some(CanonicalGap { bytes, mask, changed: room != gap.as_bytes(), ignored, white_space, comma })
}

/// Appends what represents a gap in the form of a window that crosses it, and returns whether it is
/// a name's comma.
pub(crate) fn push_joint(gap: &str, rule: &Rule, out: &mut Vec<u8>) -> Option<bool> {
    match rule.data_type {
        DataType::Digits { .. } => Some(false),
        DataType::Name => match name_gap(gap, &rule.delimiters) {
            NameGap::Empty => Some(false),
            found @ (NameGap::Joint | NameGap::Comma) => {
                out.push(b' ');
                Some(found == NameGap::Comma)
            }
            NameGap::Foreign => None,
        },
        _ => {
            push_canonical(gap, &rule.delimiters, out);
            Some(false)
        }
    }
}

/// What a gap is inside a `name`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameGap {
    /// Nothing between the atoms.
    Empty,
    /// Joins two parts of a name.
    Joint,
    /// A comma: what follows goes first.
    Comma,
    /// Ends the name.
    Foreign,
}

/// Judges a gap as a name does.
pub(crate) fn name_gap(gap: &str, delimiters: &Delimiters) -> NameGap {
    if gap.is_empty() {
        return NameGap::Empty;
    }
    if gap == " " {
        return NameGap::Joint;
    }
    let mut commas = 0;
    let mut others = 0;
    let mut foreign = false;
    plain(gap, |character| match character {
        ',' if !delimiters.contains(',') => commas += 1,
        ' ' | '\t' | '\n' => {}
        '\'' | '-' | '.' | '\u{B7}' | '\u{30FB}' => others += 1,
        other if delimiters.contains(other) => others += 1,
        _ => foreign = true,
    });
    // One comma alone turns the name round. With another sign beside it, it ends a part of a
    // sentence; two commas are a list.
    match (foreign, commas, others) {
        (false, 0, _) => NameGap::Joint,
        (false, 1, 0) => NameGap::Comma,
        _ => NameGap::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_gaps_are_judged_as_any() {
        let characters = [" ", "-", ",", "\"", "\t", "\n", ">", "·", "\u{7f}"];
        for ignored in ["", "-", " ", "-,\""] {
            let rule =
                Rule { delimiters: Delimiters::new(ignored.chars()).expect("delimiters"), ..Rule::default() };
            for number in 0..characters.len().pow(4) {
                let places = [1, 9, 81, 729].map(|place| characters[number / place % 9]);
                let gap = places[..number % 5].concat();
                if let Some(plain) = plain_joint(gap.as_bytes(), &rule.delimiters) {
                    assert_eq!(
                        joint(&gap, &rule, &mut Vec::new()),
                        Some(plain),
                        "{gap:?} without {ignored:?}"
                    );
                }
            }
            let plain = plain_joint(b"; ", &rule.delimiters);
            assert_eq!(plain.is_some(), ignored != " ", "without {ignored:?}");
        }
    }

    #[test]
    fn a_character_alone_is_judged_as_any_gap() {
        for ignored in ["", "-", " ", "-.|", "\t,"] {
            let rule =
                Rule { delimiters: Delimiters::new(ignored.chars()).expect("delimiters"), ..Rule::default() };
            for byte in (0..0x80u8).filter(|byte| !byte.is_ascii_alphanumeric()) {
                let gap = char::from(byte).to_string();
                let any = joint(&gap, &rule, &mut Vec::new());
                assert_eq!(text_joint(byte, &rule.delimiters), any, "{gap:?} without {ignored:?}");
            }
        }
    }
}
