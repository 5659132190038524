//! What a text's atoms may be in a name beside themselves: words of another form, and pairs that
//! are one word (`docs/matching.md#f5`, `#f6`), 64 atoms at a time.

use edm_model::{CaseRule, Rule};

use crate::text::atom_word::AtomWord;
use crate::text::fold::{AtomKind, Folded};
use crate::text::gap;
use crate::value::name::form::{self, folds};
use crate::value::name::gaps::{self, NameGap};
use crate::value::name::letters;

/// Returns the atoms of a word of 64 whose form in a name is not their text, or that may have a
/// joined prefix.
pub(super) fn changed(rule: &Rule, word: AtomWord<'_>) -> u64 {
    let folded = word.folded;
    let own = word.own_ranges();
    let (Some((start, _)), Some((_, end))) = (own.first(), own.last()) else { return 0 };
    let text = folded.slice(*start, *end);
    // Nearly all text is ASCII, in which only two letters for one are changed.
    let is_ascii = text.is_ascii();
    if is_ascii && !(folds(rule) && letters::has_pair(text.as_bytes())) {
        return 0;
    }
    word.filtered(word.all() & !word.digits(), |atom, _| {
        let text = folded.atom(atom).map_or("", |atom| folded.atom_text(atom));
        letters::may_have_prefix(text) || letters::word(text, folds(rule)) != text
    })
}

/// Returns the atoms of a word of 64 that are a pair with the next one.
pub(super) fn pairs(rule: &Rule, word: AtomWord<'_>) -> u64 {
    let text = word.folded.text().as_bytes();
    let ranges = word.following_ranges();
    let mut bare = 0u64;
    for (at, pair) in ranges.windows(2).take(64).enumerate() {
        let [(start, end), (next, _)] = *pair else { break };
        let joint = text.get(end as usize).copied().unwrap_or(0);
        // `'`, `-` and the first byte of `·`; and atoms that may be one character.
        let sign = (joint == b'\'') | (joint == b'-') | (joint == 0xC2);
        let short = end - start == 1
            || end - start <= 4 && text.get(start as usize).is_some_and(|byte| !byte.is_ascii());
        bare |= u64::from(sign & (next - end <= 2) | short) << at;
    }
    word.filtered(bare & word.all() & !word.digits(), |atom, _| is_pair(word.folded, rule, atom))
}

/// Returns whether an atom and the next one are a pair.
pub(super) fn is_pair(folded: &Folded, rule: &Rule, atom: usize) -> bool {
    let Some((start, end)) = folded.ranges().get(atom).copied() else { return false };
    let gap = folded.gap(atom);
    let bare = matches!(gap, "'" | "-" | "\u{B7}");
    // Most atoms have more characters, and a space behind them.
    let one = !bare && end - start <= 4 && folded.slice(start, end).chars().nth(1).is_none();
    let is_letters = |atom: usize| folded.atom(atom).is_some_and(|atom| atom.kind == AtomKind::Letters);
    if !bare && !one || !is_letters(atom) || !is_letters(atom + 1) {
        return false;
    }
    bare || gaps::judge(gap, &rule.delimiters) == NameGap::Joint
        && gap::crossing(gap, &rule.delimiters).crossed
}

/// Returns an atom as names have it.
pub(super) fn word_of(folded: &Folded, rule: &Rule, atom: usize) -> String {
    let Some(own) = folded.atom(atom) else { return String::new() };
    match own.kind {
        AtomKind::Letters => letters::word(folded.atom_text(own), folds(rule)).into_owned(),
        _ => folded.atom_text(own).to_owned(),
    }
}

/// Returns those of some atoms that are titles, degrees or suffixes, which the vocabulary of a rule
/// without regard to case has.
pub(super) fn listed(rule: &Rule, word: AtomWord<'_>, atoms: u64) -> u64 {
    if rule.case == CaseRule::Insensitive {
        return 0;
    }
    word.filtered(atoms & !word.digits(), |atom, _| form::listed(word.folded, atom).is_any())
}

/// Calls `each` with every other form of the atoms of a word of 64: the first and the last atom
/// that it is made of, and the form.
pub(super) fn other_forms(rule: &Rule, word: AtomWord<'_>, mut each: impl FnMut(usize, usize, &[u8])) {
    let folded = word.folded;
    word.filtered(changed(rule, word), |atom, _| {
        let own = word_of(folded, rule, atom);
        each(atom, atom, own.as_bytes());
        letters::without_prefixes(&own, |rest| each(atom, atom, rest.as_bytes()));
        false
    });
    word.filtered(pairs(rule, word), |atom, _| {
        let joined = word_of(folded, rule, atom) + &word_of(folded, rule, atom + 1);
        each(atom, atom + 1, joined.as_bytes());
        false
    });
}
