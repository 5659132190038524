//! What a block learns of the values of one rule: shapes, kinds, signs and vocabulary
//! (`docs/formats/hash.md`, section 7).
//!
//! Values have few different shapes, and the next value mostly has one of the shapes seen last. So
//! a shape is looked up in a direct-mapped cache of 64 before the set is asked.

use std::collections::BTreeSet;

use edm_model::{DataType, Rule};

use crate::key::keys::{RuleKeys, Salt};
use crate::rows::hashed_rows::RuleSummary;
use crate::rows::vocabulary::Vocabulary;
use crate::rows::words;
use crate::text::canonical_atoms::canonical_atoms;
use crate::text::char_class::{BLANK, SIGN};
use crate::value::canonical::parts_words;
use crate::value::phone::code_of;
use crate::value::plain::form::Form;
use crate::value::start_positions::has_vocabulary;
use crate::value_summary::kinds::{KindSet, Kinds};
use crate::value_summary::listing::Fact;
use crate::value_summary::shape::{Shape, significant_digits};
use crate::value_summary::shape_summary::ShapeSummary;
use crate::value_summary::signs::SignSet;

/// More shapes than this are not listed.
const SHAPES_MAX: usize = 65_536;
/// What is known of the values of a rule since the last block.
pub(crate) struct RuleState {
    pub(crate) keys: RuleKeys,
    /// Its numbers are brought to a width.
    has_width: bool,
    /// Its values are telephone numbers.
    has_codes: bool,
    /// Windows of several atoms are found by what these are, and by what is between them.
    tells_kinds: bool,
    /// Forms come with a space between their words, which the value has not.
    pub(crate) parts_words: bool,
    kinds: KindSet,
    signs: SignSet,
    /// Entries of the list of shapes but those of kinds and signs.
    entries: BTreeSet<Shape>,
    /// Entries seen last, each as a number, so that only new ones are looked up; 0 is none.
    recent: [u64; 64],
    vocabulary: Vocabulary,
}

impl RuleState {
    pub(crate) fn new(salt: &Salt, rule: &Rule) -> Self {
        Self {
            keys: RuleKeys::derive(salt, rule),
            has_width: matches!(rule.data_type, DataType::Digits { width: Some(_) }),
            has_codes: matches!(rule.data_type, DataType::Phone { .. }),
            tells_kinds: has_vocabulary(rule) && !parts_words(rule),
            parts_words: parts_words(rule),
            kinds: KindSet::NONE,
            signs: SignSet::NONE,
            entries: BTreeSet::new(),
            recent: [0; 64],
            vocabulary: Vocabulary::new(has_vocabulary(rule)),
        }
    }

    #[inline(always)]
    pub(crate) fn see_plain(&mut self, form: &Form<'_>) {
        let atoms = form.atom_starts().count_ones();
        if self.parts_words {
            return self.see_words_plain(form, atoms);
        }
        // A value of one atom is found by its length alone; only those of several need tags, kinds
        // and signs.
        if atoms > 1 {
            self.vocabulary.see(form, &self.keys);
            if self.tells_kinds {
                self.kinds.insert(form.kinds());
                form.signs().for_each(|sign| self.signs.insert(sign));
            }
        }
        // A plain form has at most 64 characters.
        self.see_entry(Shape { atoms: atoms as u16, bytes: form.length() as u16, mask: form.mask() });
        self.see_facts(form.bytes());
    }

    /// Sees a plain form whose words are parted.
    #[inline(always)]
    fn see_words_plain(&mut self, form: &Form<'_>, atoms: u32) {
        match atoms {
            0 | 1 => {}
            2 => {
                self.vocabulary.see(form, &self.keys);
                self.vocabulary.see_all(&self.keys, |each| words::each_head(form.bytes(), each));
            }
            _ => self.see_words(form.bytes()),
        }
        if form.others & SIGN != 0 {
            form.signs().for_each(|sign| self.signs.insert(sign));
        }
        let spaces = form.bytes().iter().filter(|byte| **byte == b' ').count();
        let bytes = (form.length() as usize - spaces) as u16;
        self.see_entry(Shape { atoms: atoms.min(2) as u16, bytes, mask: form.mask() & !BLANK });
    }

    /// Adds the words of a form, and those that a text may join (rule M9).
    fn see_words(&mut self, parted: &[u8]) {
        self.vocabulary.see_all(&self.keys, |each| words::each_with_joins(parted, each));
    }

    pub(crate) fn see(&mut self, canonical: &[u8]) {
        let atoms = canonical_atoms(canonical, |_| ());
        if self.parts_words {
            if atoms > 1 {
                self.see_words(canonical);
            }
            canonical.iter().for_each(|byte| self.signs.insert(*byte));
            let spaces = canonical.iter().filter(|byte| **byte == b' ').count();
            let shape = Shape::of(canonical, atoms.min(2));
            let bytes = shape.bytes - spaces as u16;
            return self.see_entry(Shape { bytes, mask: shape.mask & !BLANK, ..shape });
        }
        if atoms > 1 {
            self.vocabulary.see_all(&self.keys, |each| {
                canonical_atoms(canonical, each);
            });
            if self.tells_kinds {
                self.kinds.insert(Kinds::of(canonical));
                canonical.iter().for_each(|byte| self.signs.insert(*byte));
            }
        }
        self.see_entry(Shape::of(canonical, atoms));
        self.see_facts(canonical);
    }

    /// Sees an alternative form, words parted: its words, its shape, and that there is one.
    pub(crate) fn see_alternative(&mut self, parted: &[u8]) {
        self.vocabulary.see_all(&self.keys, |each| {
            canonical_atoms(parted, each);
        });
        parted.iter().for_each(|byte| self.signs.insert(*byte));
        let spaces = parted.iter().filter(|byte| **byte == b' ').count();
        let shape = Shape::of(parted, 2);
        self.see_entry(Shape { bytes: shape.bytes - spaces as u16, mask: shape.mask & !BLANK, ..shape });
    }

    #[inline(always)]
    fn see_facts(&mut self, canonical: &[u8]) {
        if self.has_width {
            self.see_entry(Fact::SignificantDigits(significant_digits(canonical)).encode());
        }
        if self.has_codes {
            let code = code_of(canonical).expect("a telephone number begins with a calling code");
            self.see_entry(Fact::CallingCode(code).encode());
        }
    }

    #[inline(always)]
    fn see_entry(&mut self, shape: Shape) {
        // Small odd factors spread lengths, atoms and classes over the 64 slots; collisions only
        // cost a look-up.
        let slot =
            (usize::from(shape.bytes) * 7 + usize::from(shape.atoms) * 31 + usize::from(shape.mask)) % 64;
        let number =
            1 << 63 | u64::from(shape.atoms) << 32 | u64::from(shape.bytes) << 16 | u64::from(shape.mask);
        if self.recent[slot] != number {
            self.recent[slot] = number;
            if self.entries.len() <= SHAPES_MAX {
                self.entries.insert(shape);
            }
        }
    }

    /// Returns what is known and starts afresh. `room` is what is left for vocabulary tags of this
    /// block's rules.
    pub(crate) fn finish(&mut self, room: &mut usize) -> RuleSummary {
        let kinds = std::mem::replace(&mut self.kinds, KindSet::NONE);
        let signs = std::mem::replace(&mut self.signs, SignSet::NONE);
        let mut entries = std::mem::take(&mut self.entries);
        let facts = kinds.iter().map(Fact::Kinds).chain(signs.iter().map(Fact::Sign));
        entries.extend(facts.map(Fact::encode));
        self.recent = [0; 64];
        RuleSummary {
            shapes: (entries.len() <= SHAPES_MAX)
                .then(|| ShapeSummary::decode(&entries).expect("each is the entry of a fact")),
            vocabulary: self.vocabulary.finish(&self.keys, room),
        }
    }
}
