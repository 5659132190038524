//! The frozen folding table against the data of ICU and unicode-normalization, for every character
//! that they know.

use edm_hash::{FoldOptions, Folded};
use edm_model::{CaseRule, DiacriticRule, Rule};
use edm_testkit::generate::{Choices, Seeded};
use edm_testkit::oracle::{Folding, folding, is_known};

fn options() -> [(CaseRule, DiacriticRule); 4] {
    [
        (CaseRule::Insensitive, DiacriticRule::Keep),
        (CaseRule::Insensitive, DiacriticRule::Fold),
        (CaseRule::Sensitive, DiacriticRule::Keep),
        (CaseRule::Sensitive, DiacriticRule::Fold),
    ]
}

fn difference(text: &str, folded: &mut Folded) -> Option<String> {
    options().into_iter().find_map(|(case, diacritics)| {
        folded.fold(text, FoldOptions::of(&Rule { case, diacritics, ..Rule::default() }));
        let atoms = folded.atoms().enumerate().map(|(index, atom)| {
            let (start, end) = folded.source_span(index, index).expect("an atom");
            (start, end, folded.atom_text(atom).to_owned())
        });
        let found = Folding { text: folded.text().to_owned(), atoms: atoms.collect() };
        let expected = folding(text, case, diacritics);
        (found != expected)
            .then(|| format!("{text:?} {case:?} {diacritics:?}\n own {found:?}\n oracle {expected:?}"))
    })
}

fn check(texts: impl Iterator<Item = String>) {
    let mut folded = Folded::new();
    let differences: Vec<String> = texts.filter_map(|text| difference(&text, &mut folded)).collect();
    let shown = differences.iter().take(20).cloned().collect::<Vec<_>>().join("\n");
    assert!(differences.is_empty(), "{} differ\n{shown}", differences.len());
}

#[test]
fn every_character() {
    check((char::MIN..=char::MAX).filter(|character| is_known(*character)).map(|character| {
        // Characters to compose with on either side, and a letter to join.
        format!("a{character}\u{301}b {character}")
    }));
}

#[test]
fn strings_of_characters_that_interact() {
    let nasty: Vec<char> = edm_testkit::generate::NASTY.chars().collect();
    check((0..20_000).map(|seed| {
        let mut choices = Seeded::new(seed);
        (0..choices.between(1, 12)).map(|_| nasty[choices.below(nasty.len())]).collect()
    }));
}
