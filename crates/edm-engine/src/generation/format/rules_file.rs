//! The rules file: what the blocks said of values that the service cannot see, merged
//! (`docs/formats/generation.md`).

use std::collections::BTreeMap;

use edm_hash::{ColumnCounts, Shape, ShapeSummary};

use crate::error::Error;
use crate::generation::format::layout::{self, NOT_LISTED, Reader};
use crate::generation::prefilter::rule_prefilter::{ListedTags, RulePrefilter};

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
    pub(crate) fn add(&mut self, counts: &ColumnCounts) {
        self.too_long += u64::from(counts.too_long);
        self.refused += u64::from(counts.refused);
        self.placeholders += u64::from(counts.placeholders);
        self.anchors += u64::from(counts.anchors);
        self.dates += u64::from(counts.dates);
    }
}

/// How many columns and rules a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) columns: usize,
    pub(crate) rules: usize,
}

/// What a file says.
pub(crate) struct RulesContent<'a> {
    pub(crate) columns: Vec<ColumnSummary>,
    pub(crate) rules: Vec<RuleContent<'a>>,
}

/// What a file says of a rule; `None` where it does not list something.
pub(crate) struct RuleContent<'a> {
    pub(crate) shapes: Option<ShapeSummary>,
    pub(crate) tags: Option<ListedTags<'a>>,
}

/// An opened rules file.
pub(crate) struct RulesFile {
    pub(crate) columns: Vec<ColumnSummary>,
    pub(crate) rules: Vec<RulePrefilter>,
}

impl RulesFile {
    pub(crate) fn open(bytes: &[u8], counts: Counts, tokens_max: u32, file: &str) -> Result<Self, Error> {
        let RulesContent { columns, rules } = RulesContent::read(bytes, counts, file)?;
        let prefilter =
            |rule: RuleContent<'_>| RulePrefilter::new(rule.shapes.as_ref(), rule.tags, tokens_max as usize);
        Ok(Self { columns, rules: rules.into_iter().map(prefilter).collect() })
    }
}

impl<'a> RulesContent<'a> {
    /// Reads a whole file, which must be about these columns and rules.
    pub(crate) fn read(bytes: &'a [u8], counts: Counts, file: &'a str) -> Result<Self, Error> {
        layout::check_head(bytes, layout::rules::MAGIC, file)?;
        let mut reader = Reader { bytes, at: 10, file };
        let found = Counts { columns: usize::from(reader.u16()?), rules: usize::from(reader.u16()?) };
        if found != counts {
            return Err(Error::damaged(file));
        }
        reader.at = layout::rules::HEADER_BYTES;
        let columns = (0..counts.columns).map(|_| read_column(&mut reader)).collect::<Result<_, _>>()?;
        let rules = (0..counts.rules).map(|_| read_rule(&mut reader)).collect::<Result<_, _>>()?;
        if reader.at != bytes.len() {
            return Err(Error::damaged(file));
        }
        Ok(Self { columns, rules })
    }
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

fn read_rule<'a>(reader: &mut Reader<'a>) -> Result<RuleContent<'a>, Error> {
    let shapes = match reader.u32()? {
        NOT_LISTED => None,
        count => {
            let mut shapes = Vec::new();
            for _ in 0..count {
                shapes.push(read_shape(reader)?);
            }
            Some(ShapeSummary::decode(&shapes).ok_or_else(|| Error::damaged(reader.file))?)
        }
    };
    let tags = match reader.u32()? {
        NOT_LISTED => None,
        count => {
            let start = reader.at;
            let (tags, _) = reader.take((count as usize).saturating_mul(4))?.as_chunks::<4>();
            Some(ListedTags { tags, range: start..reader.at })
        }
    };
    Ok(RuleContent { shapes, tags })
}
