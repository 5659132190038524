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
use crate::text::canonical_atoms::canonical_atoms;
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
    /// Windows of several atoms are found by what these are, and by what is between them.
    tells_kinds: bool,
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
            tells_kinds: has_vocabulary(rule),
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
        self.see_significant_digits(form.bytes());
    }

    pub(crate) fn see(&mut self, canonical: &[u8]) {
        let atoms = canonical_atoms(canonical, |_| ());
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
        self.see_significant_digits(canonical);
    }

    #[inline(always)]
    fn see_significant_digits(&mut self, canonical: &[u8]) {
        if self.has_width {
            self.see_entry(Fact::SignificantDigits(significant_digits(canonical)).encode());
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
