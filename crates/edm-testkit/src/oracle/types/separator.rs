//! How a gap joins two neighbouring atoms of a number (rules N1 to N3).

use edm_model::Delimiters;

use super::super::reading::{breaks, is_crossed, is_ignored, plain};

/// The separator of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// An empty gap.
    Nothing,
    /// Only ignored delimiters.
    Ignored,
    /// A space, or the character that is written.
    Written(char),
}

/// Returns the separator of a gap; `None` if it joins nothing.
pub(super) fn separator(gap: &[char], delimiters: &Delimiters) -> Option<Separator> {
    if gap.is_empty() {
        return Some(Separator::Nothing);
    }
    if !is_crossed(gap, delimiters) {
        return None;
    }
    if is_ignored(gap, delimiters) {
        return Some(Separator::Ignored);
    }
    let mut written: String = gap.iter().collect();
    if breaks(gap) > 0 {
        let plain: String = plain(gap).into_iter().collect();
        written = plain.strip_suffix('\n')?.trim_end_matches(' ').to_owned();
        if written.is_empty() {
            written.push(' ');
        }
    }
    if [" ", "  "].contains(&written.as_str()) {
        return Some(Separator::Written(' '));
    }
    let within = written.strip_prefix(' ').unwrap_or(&written);
    let within = within.strip_suffix(' ').unwrap_or(within);
    ["-", ".", "/", "--", "..", "//"]
        .contains(&within)
        .then(|| within.chars().next().map(Separator::Written))?
}

/// Returns whether the gap is two spaces.
pub(super) fn is_two_spaces(gap: &[char]) -> bool {
    gap == [' ', ' ']
}
