//! The rules file: what the blocks said of values that the service cannot see, united.

use std::collections::{BTreeMap, BTreeSet};

use edm_hash::{
    ColumnCounts, KindSet, Level, PrefilterResult, RowsView, RuleKeys, Several, Shape, SignSet, is_kinds,
    is_sign, words_with_other_forms,
};

use super::layout::{self, FORMAT_VERSION, NOT_LISTED, Reader};
use super::shape_set::ShapeSet;
use super::vocabulary::Vocabulary;
use crate::error::Error;
use crate::marks::Marks;

/// More shapes than this are not listed.
const SHAPES_MAX: usize = 65_536;

/// More tags than this, over all rules, are not listed: 64 MiB.
pub(crate) const TAGS_MAX: usize = 1 << 24;

/// Gathers the summaries of all blocks.
#[derive(Default)]
pub(crate) struct RulesBuilder {
    columns: Vec<ColumnSummary>,
    rules: Vec<Rule>,
}

/// What is known of a column's values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ColumnSummary {
    pub(crate) too_long: u64,
    pub(crate) refused: u64,
    pub(crate) placeholders: u64,
    pub(crate) anchors: u64,
    pub(crate) dates: u64,
    pub(crate) histogram: BTreeMap<(u8, u8), u64>,
}

impl ColumnSummary {
    fn add(&mut self, counts: &ColumnCounts) {
        self.too_long += u64::from(counts.too_long);
        self.refused += u64::from(counts.refused);
        self.placeholders += u64::from(counts.placeholders);
        self.anchors += u64::from(counts.anchors);
        self.dates += u64::from(counts.dates);
    }
}

struct Rule {
    shapes: Option<BTreeSet<Shape>>,
    vocabulary: Option<Vec<u32>>,
    /// Tags at the last time that the vocabulary was sorted.
    sorted: usize,
}

impl Rule {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut rule = Self { shapes: None, vocabulary: None, sorted: 0 };
        match reader.u32()? {
            NOT_LISTED => {}
            count => rule.shapes = Some((0..count).map(|_| read_shape(reader)).collect::<Result<_, _>>()?),
        }
        match reader.u32()? {
            NOT_LISTED => {}
            count => {
                let (tags, _) = reader.take((count as usize).saturating_mul(4))?.as_chunks::<4>();
                let tags: Vec<u32> = tags.iter().map(|tag| u32::from_le_bytes(*tag)).collect();
                rule.sorted = tags.len();
                rule.vocabulary = Some(tags);
            }
        }
        Ok(rule)
    }

    fn add_tags(&mut self, tags: Option<&Vec<u32>>, tags_max: usize) {
        let (Some(own), Some(tags)) = (&mut self.vocabulary, tags) else {
            self.vocabulary = None;
            return;
        };
        own.extend_from_slice(tags);
        // Sorting whenever the list has doubled keeps it within twice its final size.
        if own.len() > self.sorted * 2 + 1_000_000 {
            sort(own);
            self.sorted = own.len();
        }
        if self.sorted > tags_max {
            self.vocabulary = None;
        }
    }

    fn add_shapes(&mut self, shapes: Option<&Vec<Shape>>) {
        match (&mut self.shapes, shapes) {
            (Some(own), Some(shapes)) => {
                // Where one side does not tell of its values what shapes without atoms say, it is known of none: blocks and
                // generations of earlier versions do not tell.
                let digits_told = tells_digits(own.iter()) && tells_digits(shapes.iter());
                let kinds_told = KindSet::are_told(own.iter()) && KindSet::are_told(shapes.iter());
                let signs_told = SignSet::are_told(own.iter()) && SignSet::are_told(shapes.iter());
                own.extend(shapes.iter().copied());
                if !digits_told || !kinds_told || !signs_told {
                    own.retain(|shape| match shape {
                        Shape { atoms: 1.., .. } => true,
                        _ if is_kinds(shape) => kinds_told,
                        _ if is_sign(shape) => signs_told,
                        _ => digits_told,
                    });
                }
            }
            (own, _) => *own = None,
        }
        if self.shapes.as_ref().is_some_and(|shapes| shapes.len() > SHAPES_MAX) {
            self.shapes = None;
        }
    }
}

/// Whether shapes of values say how many significant digits these have, or there are no values.
fn tells_digits<'a>(shapes: impl Iterator<Item = &'a Shape> + Clone) -> bool {
    shapes.clone().next().is_none() || shapes.clone().any(is_significant_digits)
}

fn is_significant_digits(shape: &Shape) -> bool {
    shape.atoms == 0 && !is_kinds(shape) && !is_sign(shape)
}

fn sort(tags: &mut Vec<u32>) {
    tags.sort_unstable();
    tags.dedup();
}

impl RulesBuilder {
    /// Begins with what an earlier file says, to be widened.
    pub(crate) fn widening(bytes: &[u8], counts: (usize, usize), file: &str) -> Result<Self, Error> {
        let content = layout::content(bytes, layout::rules::MAGIC, file)?;
        let mut reader = opened(content, counts, file)?;
        let columns = (0..counts.0).map(|_| read_column(&mut reader)).collect::<Result<_, _>>()?;
        let rules = (0..counts.1).map(|_| Rule::read(&mut reader)).collect::<Result<_, _>>()?;
        Ok(Self { columns, rules })
    }

    pub(crate) fn add(&mut self, rows: &RowsView<'_>) {
        self.columns.resize_with(rows.columns.len(), ColumnSummary::default);
        for (own, column) in self.columns.iter_mut().zip(&rows.columns) {
            own.add(&column.counts);
            for (shape, values) in &column.histogram {
                *own.histogram.entry(*shape).or_default() += u64::from(*values);
            }
        }
        let empty = || Rule { shapes: Some(BTreeSet::new()), vocabulary: Some(Vec::new()), sorted: 0 };
        self.rules.resize_with(rows.rules.len(), empty);
        let tags_max = TAGS_MAX / rows.rules.len().max(1);
        for (own, rule) in self.rules.iter_mut().zip(&rows.rules) {
            own.add_shapes(rule.shapes.as_ref());
            own.add_tags(rule.vocabulary.as_ref(), tags_max);
        }
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let mut out = layout::rules::MAGIC.to_vec();
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&(self.columns.len() as u16).to_le_bytes());
        out.extend_from_slice(&(self.rules.len() as u16).to_le_bytes());
        out.resize(layout::rules::HEADER_BYTES, 0);
        for column in &self.columns {
            for field in [column.too_long, column.refused, column.placeholders, column.anchors, column.dates]
            {
                out.extend_from_slice(&field.to_le_bytes());
            }
            out.extend_from_slice(&(column.histogram.len() as u32).to_le_bytes());
            for ((digits, letters), values) in &column.histogram {
                out.extend_from_slice(&[*digits, *letters]);
                out.extend_from_slice(&values.to_le_bytes());
            }
        }
        for rule in &mut self.rules {
            let shapes = rule.shapes.take();
            let count = shapes.as_ref().map_or(NOT_LISTED, |shapes| shapes.len() as u32);
            out.extend_from_slice(&count.to_le_bytes());
            for shape in shapes.iter().flatten() {
                out.extend_from_slice(&shape.atoms.to_le_bytes());
                out.extend_from_slice(&shape.bytes.to_le_bytes());
                out.push(shape.mask);
            }
            if let Some(tags) = &mut rule.vocabulary {
                sort(tags);
            }
            let count = rule.vocabulary.as_ref().map_or(NOT_LISTED, |tags| tags.len() as u32);
            out.extend_from_slice(&count.to_le_bytes());
            out.extend(rule.vocabulary.iter().flatten().flat_map(|tag| tag.to_le_bytes()));
        }
        layout::seal(out)
    }
}

/// An opened rules file.
pub(crate) struct RulesFile {
    pub(crate) columns: Vec<ColumnSummary>,
    pub(crate) rules: Vec<RuleGate>,
}

/// What a window of a rule may look like.
pub(crate) struct RuleGate {
    /// `None`: any shape may occur.
    shapes: Option<ShapeSet>,
    /// `None`: any atom may occur.
    vocabulary: Option<Vocabulary>,
    /// Where the tags of the vocabulary stand in the file.
    tags: (usize, usize),
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

/// Tags as they stand in a file, in their order.
pub(crate) type Tags<'a> = &'a [[u8; 4]];

impl RuleGate {
    /// Adds to the vocabulary the words that values have in another form, where they have that form.
    pub(crate) fn widen(&mut self, rule: &edm_model::Rule, keys: &RuleKeys) {
        let tag = |atom: &[u8]| {
            let mut tags = Vec::new();
            keys.vocabulary_tags(atom, &[(0, atom.len() as u32)], &mut tags);
            *tags.first().expect("one atom has one tag")
        };
        let mut others = Vec::new();
        words_with_other_forms(rule, |written, form| {
            if form.iter().all(|atom| self.atom(tag(atom))) {
                others.push(tag(written));
            }
        });
        if let Some(vocabulary) = &mut self.vocabulary {
            others.into_iter().for_each(|tag| vocabulary.insert(tag));
        }
    }

    fn know(&mut self, shapes: &[Shape]) {
        let bit = |shape: &Shape| 1 << shape.bytes.min(63);
        let lengths = |holds: fn(&Shape) -> bool| {
            shapes
                .iter()
                .filter(|shape| shape.atoms == 1 && holds(shape))
                .fold(0, |all, shape| all | bit(shape))
        };
        self.lengths = [lengths(Shape::has_digit), lengths(|shape| shape.has_letter() || !shape.has_digit())];
        let fewest = |holds: fn(&Shape) -> bool| {
            let atoms = shapes.iter().filter(|shape| shape.atoms > 1 && holds(shape));
            atoms.map(|shape| usize::from(shape.atoms)).min()
        };
        self.several = Several {
            plain: fewest(|shape| !shape.has_digit()),
            mixed: fewest(|shape| shape.has_digit() && shape.has_letter()),
            digits: fewest(|shape| shape.has_digit() && !shape.has_ascii_letter()),
        };
        // Generations of earlier versions do not say it.
        let significant = shapes.iter().filter(|shape| is_significant_digits(shape));
        let significant = significant.fold(0, |all, shape| all | bit(shape));
        self.significant_digits = if significant == 0 { u64::MAX } else { significant };
        self.kinds = KindSet::of_shapes(shapes.iter());
        self.beginnings = self.kinds.beginnings();
        self.signs = SignSet::of_shapes(shapes.iter());
    }

    /// Returns a gate that lets pass what one of these lets pass; each comes with its tags.
    pub(crate) fn united(gates: &[(&RuleGate, Tags<'_>)]) -> Self {
        let shapes: Option<Vec<&ShapeSet>> = gates.iter().map(|(gate, _)| gate.shapes.as_ref()).collect();
        let listed = |sets: Vec<&ShapeSet>| sets.iter().flat_map(|set| set.shapes()).copied().collect();
        let has_vocabulary = gates.iter().all(|(gate, _)| gate.has_vocabulary());
        let tags = || gates.iter().flat_map(|(_, tags)| tags.iter()).map(|tag| u32::from_le_bytes(*tag));
        let any = |of: &dyn Fn(&RuleGate) -> u64| gates.iter().fold(0, |all, (gate, _)| all | of(gate));
        let digits = |RuleGate { lengths: [digits, _], .. }: &RuleGate| *digits;
        let letters = |RuleGate { lengths: [_, letters], .. }: &RuleGate| *letters;
        let fewest =
            |of: fn(&Several) -> Option<usize>| gates.iter().filter_map(|(gate, _)| of(&gate.several)).min();
        let kinds = |of: fn(&RuleGate) -> &KindSet| {
            gates.iter().fold(KindSet::NONE, |all, (gate, _)| all.united(of(gate)))
        };
        let most = |of: fn(&RuleGate) -> usize| gates.iter().map(|(gate, _)| of(gate)).max().unwrap_or(0);
        Self {
            shapes: shapes.map(|sets| ShapeSet::new(listed(sets))),
            vocabulary: has_vocabulary.then(|| Vocabulary::new(tags().count(), tags())),
            tags: (0, 0),
            atoms_max: most(|gate| gate.atoms_max),
            bytes_max: most(|gate| gate.bytes_max),
            lengths: [any(&digits), any(&letters)],
            significant_digits: any(&|gate| gate.significant_digits),
            kinds: kinds(|gate| &gate.kinds),
            beginnings: kinds(|gate| &gate.beginnings),
            signs: gates.iter().fold(SignSet::NONE, |all, (gate, _)| all.united(gate.signs)),
            several: Several {
                plain: fewest(|several| several.plain),
                mixed: fewest(|several| several.mixed),
                digits: fewest(|several| several.digits),
            },
        }
    }

    /// Returns the tags of the vocabulary, given the file that the gate was read from.
    pub(crate) fn tags<'a>(&self, file: &'a [u8]) -> Tags<'a> {
        file.get(self.tags.0..self.tags.1).expect("inside the file since it was opened").as_chunks().0
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

    /// Marks each tag whose atom may occur in a value of several atoms; a mark that is there stays.
    pub(crate) fn mark_atoms(&self, tags: &[u32], marks: &mut Marks) {
        match &self.vocabulary {
            Some(vocabulary) => vocabulary.mark(Level::current(), tags, marks.words_mut()),
            None => marks.mark_all(tags.len()),
        }
    }
}

impl RulesFile {
    pub(crate) fn open(
        bytes: &[u8],
        (columns, rules): (usize, usize),
        tokens_max: u32,
        file: &str,
    ) -> Result<Self, Error> {
        let content = layout::content(bytes, layout::rules::MAGIC, file)?;
        let mut reader = opened(content, (columns, rules), file)?;
        let columns = (0..columns).map(|_| read_column(&mut reader)).collect::<Result<_, _>>()?;
        let rules =
            (0..rules).map(|_| read_rule(&mut reader, tokens_max as usize)).collect::<Result<_, _>>()?;
        if reader.at != content.len() {
            return Err(Error::damaged(file));
        }
        Ok(Self { columns, rules })
    }
}

/// Returns a reader behind the header, which must count these columns and rules.
fn opened<'a>(content: &'a [u8], counts: (usize, usize), file: &'a str) -> Result<Reader<'a>, Error> {
    let mut reader = Reader { bytes: content, at: 10, file };
    if (usize::from(reader.u16()?), usize::from(reader.u16()?)) != counts {
        return Err(Error::damaged(file));
    }
    reader.at = layout::rules::HEADER_BYTES;
    Ok(reader)
}

fn read_shape(reader: &mut Reader<'_>) -> Result<Shape, Error> {
    Ok(Shape { atoms: reader.u16()?, bytes: reader.u16()?, mask: reader.u8()? })
}

fn read_column(reader: &mut Reader<'_>) -> Result<ColumnSummary, Error> {
    let mut column = ColumnSummary {
        too_long: reader.u64()?,
        refused: reader.u64()?,
        placeholders: reader.u64()?,
        anchors: reader.u64()?,
        dates: reader.u64()?,
        histogram: BTreeMap::new(),
    };
    for _ in 0..reader.u32()? {
        let [digits, letters] = reader.array()?;
        column.histogram.insert((digits, letters), reader.u64()?);
    }
    Ok(column)
}

fn read_rule(reader: &mut Reader<'_>, tokens_max: usize) -> Result<RuleGate, Error> {
    let mut gate = RuleGate {
        shapes: None,
        vocabulary: None,
        tags: (0, 0),
        atoms_max: tokens_max,
        bytes_max: edm_model::limits::CELL_BYTES_MAX,
        lengths: [u64::MAX; 2],
        significant_digits: u64::MAX,
        several: Several { plain: Some(2), mixed: Some(2), digits: Some(2) },
        kinds: KindSet::ALL,
        beginnings: KindSet::ALL,
        signs: SignSet::ALL,
    };
    match reader.u32()? {
        NOT_LISTED => {}
        count => {
            let mut shapes = Vec::new();
            for _ in 0..count {
                shapes.push(read_shape(reader)?);
            }
            gate.atoms_max = shapes.iter().map(|shape| usize::from(shape.atoms)).max().unwrap_or(0);
            let values = shapes.iter().filter(|shape| shape.atoms > 0);
            gate.bytes_max = values.map(|shape| usize::from(shape.bytes)).max().unwrap_or(0);
            gate.know(&shapes);
            gate.shapes = Some(ShapeSet::new(shapes));
        }
    }
    match reader.u32()? {
        NOT_LISTED => {}
        count => {
            let start = reader.at;
            let (tags, _) = reader.take((count as usize).saturating_mul(4))?.as_chunks::<4>();
            gate.tags = (start, reader.at);
            let tags_in_order = tags.iter().map(|tag| u32::from_le_bytes(*tag));
            gate.vocabulary = Some(Vocabulary::new(tags.len(), tags_in_order));
        }
    }
    Ok(gate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(blocks: &[&[Shape]], expected: &[Shape]) {
        let mut rule = Rule { shapes: Some(BTreeSet::new()), vocabulary: Some(Vec::new()), sorted: 0 };
        blocks.iter().for_each(|block| rule.add_shapes(Some(&block.to_vec())));
        let found: Vec<Shape> = rule.shapes.into_iter().flatten().collect();
        assert_eq!(found, expected, "{blocks:?}");
    }

    /// What an earlier version built says nothing of significant digits, so a block that does must not speak for it.
    #[test]
    fn significant_digits_are_known_only_where_all_blocks_tell() {
        let number = Shape { atoms: 1, bytes: 10, mask: 2 };
        let digits = |bytes| Shape { atoms: 0, bytes, mask: 2 };
        check(&[&[digits(7), number], &[], &[digits(9), number]], &[digits(7), digits(9), number]);
        check(&[&[number], &[digits(9), number]], &[number]);
        check(&[&[digits(9), number], &[number], &[digits(7), number]], &[number]);
        check(&[&[], &[number]], &[number]);
    }

    /// The same of which atoms are digits: only values of several atoms have to tell.
    #[test]
    fn kinds_are_known_only_where_all_blocks_with_several_atoms_tell() {
        let (word, several) = (Shape { atoms: 1, bytes: 4, mask: 1 }, Shape { atoms: 2, bytes: 4, mask: 3 });
        let kinds = |number| Shape { atoms: 0, bytes: number, mask: 3 };
        check(&[&[word], &[kinds(5), several], &[kinds(6), several]], &[kinds(5), kinds(6), word, several]);
        check(&[&[several], &[kinds(5), word, several]], &[word, several]);
        check(&[&[kinds(5), several], &[several], &[kinds(6), several]], &[several]);
    }
}
