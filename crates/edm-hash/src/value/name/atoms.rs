//! What a text's atoms may be in a name beside themselves: words of another form, and pairs that
//! are one word (`docs/matching.md#f5`, `#f6`), 64 atoms at a time.

use std::borrow::Cow;

use edm_model::{CaseRule, Rule};

use crate::text::atom_set::ATOMS_A_WORD;
use crate::text::atom_word::AtomWord;
use crate::text::fold::Folded;
use crate::text::gap;
use crate::value::name::form::{self, folds};
use crate::value::name::gaps::{self, NameGap};
use crate::value::name::letters;

/// As many of a word's last atoms as a nickname has.
const BACK_ATOMS: u64 = 0b111 << 61;

/// Letters of a text that are compared at once.
const LETTERS_AT_ONCE: usize = 32;

/// Returns the atoms of a word of 64 whose form in a name is not their text, or that may have a
/// joined prefix.
pub(super) fn changed(rule: &Rule, word: AtomWord<'_>) -> u64 {
    let folded = word.folded;
    let own = word.own_ranges();
    let (Some((start, _)), Some((_, end))) = (own.first(), own.last()) else { return 0 };
    let text = folded.bytes(*start, *end);
    let mut candidates = if folds(rule) { with_two_letters(own, text) } else { 0 };
    // Nearly all text is ASCII, in which only two letters for one are changed.
    if folded.has_beyond(*start, *end) && letters::may_change(text) {
        candidates |= word.filtered(word.all() & !word.digits(), |atom, length| {
            let start = folded.ranges().get(atom).map_or(0, |(start, _)| *start);
            folded.has_beyond(start, start + length as u32)
        });
    }
    word.filtered(candidates, |atom, _| {
        let text = folded.text_of(atom);
        letters::may_have_prefix(text) || letters::word(text, folds(rule)) != text
    })
}

/// Returns which of some atoms have two letters that may be written for one. `text` is theirs.
fn with_two_letters(atoms: &[(u32, u32)], text: &[u8]) -> u64 {
    let origin = atoms.first().map_or(0, |(start, _)| *start as usize);
    let (mut atom, mut found) = (0, 0);
    for from in (0..text.len()).step_by(LETTERS_AT_ONCE) {
        let end = (from + LETTERS_AT_ONCE + 1).min(text.len());
        let some = text.get(from..end).unwrap_or(&[]);
        // Most have none, and all are compared at once.
        if !letters::has_pair(some) {
            continue;
        }
        for (at, two) in some.windows(2).enumerate().filter(|(_, two)| letters::has_pair(two)) {
            let place = origin + from + at;
            while atoms.get(atom).is_some_and(|(_, end)| *end as usize <= place) {
                atom += 1;
            }
            debug_assert!(two.iter().all(u8::is_ascii_alphabetic), "letters are in an atom");
            found |= 1 << (atom % ATOMS_A_WORD);
        }
    }
    found
}

/// Returns the atoms of a word of 64 that may have one character: one of ASCII, or one beyond it.
pub(super) fn one_character(folded: &Folded, number: usize) -> u64 {
    folded.of_length(number, 1..=1) | folded.of_length(number, 2..=4) & folded.beyond(number)
}

/// Returns the atoms of a word of 64 that are beside an initial, which may stand for a middle name
/// that the value has not.
fn beside_initials(word: AtomWord<'_>) -> u64 {
    let (folded, number) = (word.folded, word.number);
    let initials = |number: usize| one_character(folded, number) & !folded.digits().word(number);
    let own = initials(number);
    let before = number.checked_sub(1).map_or(0, |number| initials(number) >> (ATOMS_A_WORD - 1));
    own << 1 | own >> 1 | before | initials(number + 1) << (ATOMS_A_WORD - 1)
}

/// Returns the atoms of a word of 64 whose neighbour in the text may be in no value although they
/// are: what is between may be a nickname or an initial.
pub(super) fn beside_others(rule: &Rule, word: AtomWord<'_>) -> u64 {
    beside_nicknames(rule, word) | beside_initials(word)
}

/// Returns the atoms of a word of 64 that are a pair with the next one.
pub(super) fn pairs(rule: &Rule, word: AtomWord<'_>) -> u64 {
    let (folded, number) = (word.folded, word.number);
    let short = one_character(folded, number);
    let letters = word.all() & !word.digits() & !folded.clusters().word(number) & !word.digits_behind(1);
    let candidates = (folded.linked(number) | short) & letters;
    word.filtered(candidates, |atom, _| is_pair(folded, rule, atom))
}

/// Returns the atoms of a word of 64 that are beside a nickname, so that the next word of their
/// name is not beside them.
fn beside_nicknames(rule: &Rule, word: AtomWord<'_>) -> u64 {
    let (folded, number) = (word.folded, word.number);
    // A nickname that begins in the word before may end in this one; one that begins with the next
    // word has its front here.
    let before = number.checked_sub(1).map_or(0, |number| folded.opened(number)) & BACK_ATOMS;
    let (own, next) = (folded.opened(number), folded.opened(number + 1) & 1);
    if before | own | next == 0 {
        return 0;
    }
    let base = number * ATOMS_A_WORD;
    let last = folded.atom_count().saturating_sub(1);
    let mut beside = 0;
    let words = [(base.saturating_sub(ATOMS_A_WORD), before), (base, own), (base + ATOMS_A_WORD, next)];
    for (base_of, mut rest) in words {
        while rest != 0 {
            let first = base_of + rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let Some(front) = first.checked_sub(1).filter(|_| first <= last) else { continue };
            let Some(end) = gaps::nickname(folded, &rule.delimiters, [front, last], "") else { continue };
            for atom in [front, end + 1] {
                if atom / ATOMS_A_WORD == number {
                    beside |= 1 << (atom % ATOMS_A_WORD);
                }
            }
        }
    }
    beside
}

/// Returns whether an atom and the next one are a pair.
pub(super) fn is_pair(folded: &Folded, rule: &Rule, atom: usize) -> bool {
    let ranges = folded.ranges();
    let (Some((start, end)), Some((next, _))) = (ranges.get(atom), ranges.get(atom + 1)) else {
        return false;
    };
    let gap = folded.bytes(*end, *next);
    let bare = matches!(gap, b"'" | b"-" | b"\xC2\xB7");
    // Most atoms have more characters, and a space behind them.
    let one = || end - start == 1 || end - start <= 4 && folded.slice(*start, *end).chars().nth(1).is_none();
    if !bare && !one() {
        return false;
    }
    let is_letters = |atom: usize| !folded.digits().contains(atom) && !folded.clusters().contains(atom);
    if !is_letters(atom) || !is_letters(atom + 1) {
        return false;
    }
    // A space is a joint and is crossed, ignored or not.
    bare || gap == b" " || is_crossed_joint(folded.slice(*end, *next), rule)
}

fn is_crossed_joint(gap: &str, rule: &Rule) -> bool {
    gaps::judge(gap, &rule.delimiters) == NameGap::Joint && gap::crossing(gap, &rule.delimiters).crossed
}

/// Returns an atom of letters as names have it.
fn word_of<'f>(folded: &'f Folded, rule: &Rule, atom: usize) -> Cow<'f, str> {
    letters::word(folded.text_of(atom), folds(rule))
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
/// that it is made of, and the two parts of the form, of which the second may be empty.
pub(super) fn other_forms(rule: &Rule, word: AtomWord<'_>, mut each: impl FnMut(usize, usize, [&[u8]; 2])) {
    let folded = word.folded;
    word.filtered(changed(rule, word), |atom, _| {
        let own = word_of(folded, rule, atom);
        each(atom, atom, [own.as_bytes(), &[]]);
        letters::without_prefixes(&own, |rest| each(atom, atom, [rest.as_bytes(), &[]]));
        false
    });
    word.filtered(pairs(rule, word), |atom, _| {
        let (own, next) = (word_of(folded, rule, atom), word_of(folded, rule, atom + 1));
        each(atom, atom + 1, [own.as_bytes(), next.as_bytes()]);
        false
    });
}
