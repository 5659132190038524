//! What is known of all values of a rule without their text: a window that the prefilter rejects is
//! no value, and is not hashed.

use std::ops::Range;

use edm_hash::{
    KindSet, Level, PrefilterResult, RuleKeys, Several, Shape, ShapeSummary, SignSet, words_with_other_forms,
};
use edm_model::limits;

use crate::bit_set::BitSet;
use crate::generation::prefilter::shapes::ShapeSet;
use crate::generation::prefilter::vocabulary::Vocabulary;

/// What a window must look like to be a value of a rule.
pub(crate) struct RulePrefilter {
    /// `None`: any shape may occur.
    shapes: Option<ShapeSet>,
    /// `None`: any atom may occur.
    vocabulary: Option<Vocabulary>,
    /// Where the tags of the vocabulary are in the file.
    tags: Range<usize>,
    pub(crate) atoms_max: usize,
    pub(crate) bytes_max: usize,
    /// The lengths of values of one atom: digits, and letters. Bit 63 is 63 bytes and more.
    pub(crate) lengths: [u64; 2],
    /// How many significant digits numbers written to a width have: bit 63 is 63 and more.
    pub(crate) significant_digits: u64,
    pub(crate) several: Several,
    /// Which atoms of values of several are digits, and which atoms such values begin with.
    pub(crate) kinds: KindSet,
    pub(crate) beginnings: KindSet,
    pub(crate) signs: SignSet,
}

/// Tags as they are in a file, in their order.
pub(crate) type Tags<'a> = &'a [[u8; 4]];

/// The tags of a vocabulary, and where they are in the file.
pub(crate) struct ListedTags<'a> {
    pub(crate) tags: Tags<'a>,
    pub(crate) range: Range<usize>,
}

impl RulePrefilter {
    /// Makes the prefilter of a rule from what a file says; `None` where it does not list
    /// something.
    pub(crate) fn new(
        summary: Option<&ShapeSummary>,
        tags: Option<ListedTags<'_>>,
        tokens_max: usize,
    ) -> Self {
        let mut prefilter = Self {
            shapes: None,
            vocabulary: None,
            tags: 0..0,
            atoms_max: tokens_max,
            bytes_max: limits::CELL_BYTES_MAX,
            lengths: [u64::MAX; 2],
            significant_digits: u64::MAX,
            several: Several { plain: Some(2), mixed: Some(2), digits: Some(2) },
            kinds: KindSet::ALL,
            beginnings: KindSet::ALL,
            signs: SignSet::ALL,
        };
        if let Some(summary) = summary {
            prefilter.learn(summary);
        }
        if let Some(ListedTags { tags, range }) = tags {
            let in_order = tags.iter().map(|tag| u32::from_le_bytes(*tag));
            prefilter.vocabulary = Some(Vocabulary::new(tags.len(), in_order));
            prefilter.tags = range;
        }
        prefilter
    }

    /// Adds to the vocabulary the words that values have in another form, where they have that
    /// form.
    pub(crate) fn widen(&mut self, rule: &edm_model::Rule, keys: &RuleKeys) {
        let tag = |atom: &[u8]| {
            let mut tags = Vec::new();
            keys.vocabulary_tags(atom, &[(0, atom.len() as u32)], &mut tags);
            *tags.first().expect("one atom has one tag")
        };
        let mut others = Vec::new();
        words_with_other_forms(rule, |written, form| {
            // A written form is added only if all atoms of its canonical form may occur: else no
            // value has it.
            if form.iter().all(|atom| self.atom(tag(atom))) {
                others.push(tag(written));
            }
        });
        if let Some(vocabulary) = &mut self.vocabulary {
            others.into_iter().for_each(|tag| vocabulary.insert(tag));
        }
    }

    /// Learns the forms of the values.
    fn learn(&mut self, summary: &ShapeSummary) {
        let shapes = summary.values();
        self.atoms_max = shapes.clone().map(|shape| usize::from(shape.atoms)).max().unwrap_or(0);
        self.bytes_max = shapes.clone().map(|shape| usize::from(shape.bytes)).max().unwrap_or(0);
        let lengths = |holds: fn(&Shape) -> bool| {
            let of_one_atom = shapes.clone().filter(|shape| shape.atoms == 1 && holds(shape));
            of_one_atom.fold(0, |all, shape| all | 1 << shape.bytes.min(63))
        };
        self.lengths = [lengths(Shape::has_digit), lengths(|shape| shape.has_letter() || !shape.has_digit())];
        let fewest = |holds: fn(&Shape) -> bool| {
            let atoms = shapes.clone().filter(|shape| shape.atoms > 1 && holds(shape));
            atoms.map(|shape| usize::from(shape.atoms)).min()
        };
        self.several = Several {
            plain: fewest(|shape| !shape.has_digit()),
            mixed: fewest(|shape| shape.has_digit() && shape.has_letter()),
            digits: fewest(|shape| shape.has_digit() && !shape.has_ascii_letter()),
        };
        self.significant_digits = summary.significant_digits();
        self.kinds = summary.kinds();
        self.beginnings = self.kinds.beginnings();
        self.signs = summary.signs();
        self.shapes = Some(ShapeSet::new(shapes.copied().collect()));
    }

    /// Returns a prefilter that accepts what one of these accepts; each comes with its tags.
    pub(crate) fn union(all: &[(&RulePrefilter, Tags<'_>)]) -> Self {
        // If one table does not list its shapes, nothing is known of the shapes of all.
        let shapes: Option<Vec<&ShapeSet>> = all.iter().map(|(one, _)| one.shapes.as_ref()).collect();
        let listed = |sets: Vec<&ShapeSet>| sets.iter().flat_map(|set| set.shapes()).copied().collect();
        let has_vocabulary = all.iter().all(|(one, _)| one.has_vocabulary());
        // Called twice: once to size the set and once to fill it, so that the tags need no list of
        // their own.
        let tags = || all.iter().flat_map(|(_, tags)| tags.iter()).map(|tag| u32::from_le_bytes(*tag));
        let any = |of: &dyn Fn(&RulePrefilter) -> u64| all.iter().fold(0, |all, (one, _)| all | of(one));
        let digits = |RulePrefilter { lengths: [digits, _], .. }: &RulePrefilter| *digits;
        let letters = |RulePrefilter { lengths: [_, letters], .. }: &RulePrefilter| *letters;
        let fewest =
            |of: fn(&Several) -> Option<usize>| all.iter().filter_map(|(one, _)| of(&one.several)).min();
        let kinds = |of: fn(&RulePrefilter) -> &KindSet| {
            all.iter().fold(KindSet::NONE, |all, (one, _)| all.united(of(one)))
        };
        let most = |of: fn(&RulePrefilter) -> usize| all.iter().map(|(one, _)| of(one)).max().unwrap_or(0);
        Self {
            shapes: shapes.map(|sets| ShapeSet::new(listed(sets))),
            vocabulary: has_vocabulary.then(|| Vocabulary::new(tags().count(), tags())),
            tags: 0..0,
            atoms_max: most(|one| one.atoms_max),
            bytes_max: most(|one| one.bytes_max),
            lengths: [any(&digits), any(&letters)],
            significant_digits: any(&|one| one.significant_digits),
            kinds: kinds(|one| &one.kinds),
            beginnings: kinds(|one| &one.beginnings),
            signs: all.iter().fold(SignSet::NONE, |all, (one, _)| all.united(one.signs)),
            several: Several {
                plain: fewest(|several| several.plain),
                mixed: fewest(|several| several.mixed),
                digits: fewest(|several| several.digits),
            },
        }
    }

    /// Returns where the tags of the vocabulary are in the file that the prefilter was read from.
    pub(crate) fn tags_range(&self) -> Range<usize> {
        self.tags.clone()
    }

    pub(crate) fn shape(&self, shape: &Shape) -> bool {
        self.shapes.as_ref().is_none_or(|shapes| shapes.fit(*shape).may_match)
    }

    #[inline]
    pub(crate) fn fit(&self, shape: Shape) -> PrefilterResult {
        match &self.shapes {
            Some(shapes) => shapes.fit(shape),
            None => PrefilterResult::bounded(shape, self.atoms_max, self.bytes_max),
        }
    }

    pub(crate) fn has_vocabulary(&self) -> bool {
        self.vocabulary.is_some()
    }

    fn atom(&self, tag: u32) -> bool {
        self.vocabulary.as_ref().is_none_or(|vocabulary| vocabulary.holds(tag))
    }

    /// BitSet each tag whose atom may occur in a value of several atoms; a mark that is there
    /// stays.
    pub(crate) fn mark_atoms(&self, tags: &[u32], marks: &mut BitSet) {
        match &self.vocabulary {
            Some(vocabulary) => vocabulary.mark(Level::current(), tags, marks.words_mut()),
            None => marks.mark_all(tags.len()),
        }
    }
}
