//! The oracle's folding, for comparison with the engine's table.

use edm_model::{CaseRule, DiacriticRule};
use icu_properties::props::GeneralCategory;

use super::folding::{category, placed};
use super::reading::Reading;

/// A folded text: its characters, and the source bytes and folded text of every atom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folding {
    /// The folded characters.
    pub text: String,
    /// Start and end in the source, and the text of the atom.
    pub atoms: Vec<(usize, usize, String)>,
}

/// Folds a text and cuts it into atoms.
pub fn folding(text: &str, case: CaseRule, diacritics: DiacriticRule) -> Folding {
    let reading = Reading::new(&placed(text), case, diacritics);
    let atoms = reading.atoms.iter().enumerate().map(|(number, atom)| {
        let (start, end) = reading.source(atom.first, atom.end);
        (start, end, reading.atom(number))
    });
    Folding { text: reading.characters.iter().map(|place| place.character).collect(), atoms: atoms.collect() }
}

/// Returns whether the oracle's Unicode data has the character as an assigned one.
pub fn is_known(character: char) -> bool {
    !matches!(category(character), GeneralCategory::Unassigned | GeneralCategory::PrivateUse)
}
