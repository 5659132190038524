//! What is between two neighbouring atoms of a value.

use edm_model::Delimiters;

use super::super::reading::{breaks, is_crossed, is_ignored, plain};

/// What joins two atoms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Joint {
    /// An empty gap.
    Nothing,
    /// Only ignored delimiters.
    Ignored,
    /// One of a few symbols.
    Sign(String),
}

const SIGNS: [&str; 9] = [" ", "-", ".", "/", ",", ". ", ", ", "., ", ".,"];

impl Joint {
    /// Returns whether it is one of these symbols.
    pub(super) fn is_one_of(&self, signs: &[&str]) -> bool {
        matches!(self, Joint::Sign(sign) if signs.contains(&sign.as_str()))
    }

    /// Returns whether it consists of ignored delimiters or is one of these symbols.
    pub(super) fn is_ignored_or_one_of(&self, signs: &[&str]) -> bool {
        *self == Joint::Ignored || self.is_one_of(signs)
    }
}

/// Classifies a gap.
pub(super) fn joint(gap: &[char], delimiters: &Delimiters) -> Option<Joint> {
    if gap.is_empty() {
        return Some(Joint::Nothing);
    }
    if !is_crossed(gap, delimiters) {
        return None;
    }
    if is_ignored(gap, delimiters) {
        return Some(Joint::Ignored);
    }
    let mut sign: String = gap.iter().collect();
    if breaks(gap) > 0 {
        let plain: String = plain(gap).into_iter().collect();
        sign = plain.strip_suffix('\n')?.trim_end_matches(' ').to_owned();
        if sign.is_empty() {
            sign.push(' ');
        }
    }
    SIGNS.contains(&sign.as_str()).then_some(Joint::Sign(sign))
}
