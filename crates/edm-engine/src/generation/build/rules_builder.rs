//! Gathers what the blocks say of values, and writes it as the rules file.

use edm_hash::{RowsView, ShapeSummary};

use crate::error::Error;
use crate::generation::format::layout::{self, FORMAT_VERSION, NOT_LISTED};
use crate::generation::format::rules_file::{ColumnSummary, Counts, RuleContent, RulesContent};

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

struct Rule {
    shapes: Option<ShapeSummary>,
    vocabulary: Option<Vec<u32>>,
    /// Tags at the last time that the vocabulary was sorted.
    sorted: usize,
}

impl Rule {
    fn add_tags(&mut self, tags: Option<&Vec<u32>>, tags_max: usize) {
        let (Some(known), Some(tags)) = (&mut self.vocabulary, tags) else {
            self.vocabulary = None;
            return;
        };
        known.extend_from_slice(tags);
        // Sorting whenever the list has doubled keeps it within twice its final size.
        if known.len() > self.sorted * 2 + 1_000_000 {
            sort(known);
            self.sorted = known.len();
        }
        if self.sorted > tags_max {
            self.vocabulary = None;
        }
    }

    fn add_shapes(&mut self, shapes: Option<&ShapeSummary>) {
        match (&mut self.shapes, shapes) {
            (Some(known), Some(shapes)) => known.add(shapes),
            (known, _) => *known = None,
        }
        if self.shapes.as_ref().is_some_and(|shapes| shapes.listed() > SHAPES_MAX) {
            self.shapes = None;
        }
    }
}

fn sort(tags: &mut Vec<u32>) {
    tags.sort_unstable();
    tags.dedup();
}

impl RulesBuilder {
    /// Begins with what an earlier file says, to be widened.
    pub(crate) fn widening(bytes: &[u8], counts: Counts, file: &str) -> Result<Self, Error> {
        let RulesContent { columns, rules } = RulesContent::read(bytes, counts, file)?;
        let rule = |rule: RuleContent<'_>| Rule {
            shapes: rule.shapes,
            sorted: rule.tags.as_ref().map_or(0, |listed| listed.tags.len()),
            vocabulary: rule
                .tags
                .map(|listed| listed.tags.iter().map(|tag| u32::from_le_bytes(*tag)).collect()),
        };
        Ok(Self { columns, rules: rules.into_iter().map(rule).collect() })
    }

    pub(crate) fn add(&mut self, rows: &RowsView<'_>) {
        self.columns.resize_with(rows.columns.len(), ColumnSummary::default);
        for (own, column) in self.columns.iter_mut().zip(&rows.columns) {
            own.add(&column.counts);
            for (shape, values) in &column.histogram {
                *own.histogram.entry(*shape).or_default() += u64::from(*values);
            }
        }
        let empty = || Rule { shapes: Some(ShapeSummary::empty()), vocabulary: Some(Vec::new()), sorted: 0 };
        self.rules.resize_with(rows.rules.len(), empty);
        // The bound is on all rules together, because all are in memory at once.
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
            let shapes = rule.shapes.take().map(|summary| summary.encode());
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
        out
    }
}
