//! Which atoms an address may begin with, 64 at a time.

use edm_model::{CaseRule, Rule};

use crate::text::atom_set::AtomSet;
use crate::text::atom_word::{AtomWord, reaching};
use crate::value::address::{token, words};
use crate::value_summary::kinds::Kinds;
use crate::window::prefilter::Prefilter;

/// Up to this many words are compared one by one, without gathering their ends.
const FEW: u32 = 8;

/// Returns the atoms of a word that a value may begin with.
pub(crate) fn starts(word: AtomWord<'_>, numeric: &AtomSet, prefilter: &impl Prefilter) -> u64 {
    let possible = word.with_next(|number| prefilter.possible(number));
    let joining = word.with_next(|number| joining(AtomWord { number, ..word }, prefilter.possible(number)));
    // The atom after one that may make a word or number with it is not asked.
    let run = possible | joining << 1;
    let (digits, several) = (word.with_next(|number| numeric.word(number)), prefilter.several());
    let mut starts = possible & (run >> 1 | 1 << 127);
    if several.plain.is_none() {
        starts &= reaching(run, digits);
    }
    if !prefilter.begins(Kinds::default().then(false)) {
        // Doors and floors are last in the form and may be first in the text.
        starts &= digits | u128::from(apart(word, starts as u64 & !digits as u64 & word.all()));
    }
    let numbers = word.with_next(|number| word.folded.digits().word(number));
    if !prefilter.begins(Kinds::default().then(true).then(true)) {
        // The second number may be that of a floor: `12 2nd floor Main St`.
        let joined = word.with_next(|number| word.folded.joined().word(number));
        let dotted = word.with_next(|number| word.folded.dotted().word(number));
        let other = numbers & !(joined >> 1 | 1 << 127) & !dotted;
        starts &= !(numbers & other >> 1);
    }
    // A value has a word.
    (starts & reaching(run, !numbers)) as u64
}

/// Returns the atoms of a word that may have digits in the canonical form: digits, what may be a
/// numeral, ordinal numbers in letters.
pub(crate) fn numeric(word: AtomWord<'_>) -> u64 {
    let AtomWord { folded, number } = word;
    let letters = word.of_length(words::ORDINAL_BYTES) & !word.digits();
    let ordinals = match letters {
        0 => 0,
        _ => word.filtered(letters & word.ending_with(&words::ORDINAL_ENDINGS), |atom, _| {
            words::is_ordinal(folded.text_of(atom))
        }),
    };
    word.digits() | folded.clusters().word(number) | ordinals
}

/// Returns those of some atoms that may make a word or number with the next: a number with its
/// unit, an ordinal, two words that are one.
fn joining(word: AtomWord<'_>, atoms: u64) -> u64 {
    let (folded, digits) = (word.folded, word.digits() & atoms);
    let touching = word.followed_by(folded.joined(), 1) & digits;
    let short = word.with_next(|number| folded.of_length(number, token::ORDINAL_BYTES));
    let before_short = touching & (short >> 1) as u64;
    let ordinals = word.filtered(before_short, |atom, _| token::is_ordinal_suffix(folded, atom + 1));
    touching & word.followed_by(folded.clusters(), 1)
        | ordinals
        | folded.dotted().word(word.number) & atoms & !digits
}

/// Returns those of some atoms that a door or a floor begins with.
fn apart(word: AtomWord<'_>, atoms: u64) -> u64 {
    word.filtered(atoms, |atom, _| {
        let own = word.folded.text_of(atom);
        match own.bytes().any(|byte| byte.is_ascii_uppercase() || !byte.is_ascii()) {
            true => words::begins_apart(&own.to_lowercase()),
            false => words::begins_apart(own),
        }
    })
}

/// Returns those of some atoms that may be in a value in another form than their own.
pub(crate) fn with_other_forms(rule: &Rule, word: AtomWord<'_>, atoms: u64) -> u64 {
    let letters = atoms & !word.digits();
    let dotted = letters & word.folded.dotted().word(word.number);
    let capitals = rule.case == CaseRule::Sensitive;
    let long = letters & !dotted & word.of_length(words::SUFFIXED_BYTES_MIN..=u8::MAX);
    let others = match capitals {
        true => letters & !dotted,
        // Few are sooner looked at one by one.
        false if long.count_ones() <= FEW => long,
        false => long & word.ending_with(&words::SUFFIX_ENDINGS),
    };
    dotted
        | word.filtered(others, |atom, _| {
            let own = word.folded.text_of(atom);
            words::ends_with_suffix(own) || capitals && own.contains(char::is_uppercase)
        })
}
