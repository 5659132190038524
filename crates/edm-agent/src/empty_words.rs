//! Chooses the placeholders of each column.
//!
//! The store defines the placeholders. Some of them are also surnames: Null, Nan and Nil. In a
//! column of names, such a word counts as a placeholder only if more than one record in a thousand
//! contains it; no surname of this kind is that frequent. That needs a pass over the table before
//! the first record is hashed. A file is therefore read twice; for a pipe, the first records
//! decide. The choice is reported in both cases.

use std::collections::BTreeMap;

use edm_hash::{Folded, Placeholders};
use edm_model::{Column, Columns, DataType, PlaceholderWords};

use crate::chunk::{CHUNK_RECORDS_MAX, Chunk};
use crate::error::Error;
use crate::nines::Nines;
use crate::rejections::Rejections;
use crate::source::{Extent, ExtraColumns, RecordReader, Source};

/// A word that may be a name is a placeholder if it is in more than one of this many records.
const RECORDS_A_NAME: u64 = 1_000;

/// The placeholders of each column, and notes for the operator about the choice.
pub(crate) struct EmptyWords {
    pub(crate) columns: Vec<Placeholders>,
    pub(crate) notes: Vec<String>,
}

impl EmptyWords {
    /// Takes the store's placeholders. Columns of names get only those that are not names.
    pub(crate) fn of(words: &PlaceholderWords, columns: &Columns) -> Self {
        let columns = columns.as_slice().iter().map(|column| Placeholders::of_column(words, column));
        Self { columns: columns.collect(), notes: Vec::new() }
    }

    /// Treats nines as values in the columns judged so, and notes the decision.
    pub(crate) fn with_nines(mut self, judged: Vec<Option<Nines>>) -> Self {
        for (placeholders, nines) in self.columns.iter_mut().zip(judged) {
            let Some(nines) = nines else { continue };
            if nines.are_values {
                *placeholders = placeholders.clone().taking_nines();
            }
            self.notes.extend(nines.note);
        }
        self
    }

    /// Returns whether the choice depends on the content of the table.
    pub(crate) fn depend_on_names(words: &PlaceholderWords, columns: &Columns) -> bool {
        columns.as_slice().iter().any(is_of_names) && !Placeholders::names_among(words).is_empty()
    }

    /// Reads the records. For each column of names, adds the words that are too frequent to be a
    /// name.
    pub(crate) fn choose(
        words: &PlaceholderWords,
        columns: &Columns,
        source: Source,
        extent: Extent,
        extra: ExtraColumns,
    ) -> Result<Self, Error> {
        let mut chosen = Self::of(words, columns);
        let names = Placeholders::names_among(words);
        let (counts, records) = count(&names, columns, RecordReader::new(source, columns, extra)?)?;
        for ((column, counts), placeholders) in
            columns.as_slice().iter().zip(&counts).zip(&mut chosen.columns)
        {
            let is_empty = |count: u64| count * RECORDS_A_NAME > records;
            let empty: Vec<String> =
                counts.iter().filter(|(_, count)| is_empty(**count)).map(|(word, _)| word.clone()).collect();
            *placeholders = placeholders.and_names(&empty, &column.rule);
            let seen = match extent {
                Extent::Whole => format!("of {records} records"),
                Extent::Begin => format!("of the first {records} records"),
            };
            for (word, count) in counts {
                chosen.notes.push(match is_empty(*count) {
                    true => format!(
                        "{}: {count} {seen} hold “{word}”, more than 0.1 %: in this column it was taken for an empty \
                         cell; if it is somebody's name, `edm store update … --remove-placeholder` takes it out",
                        column.name
                    ),
                    false => format!(
                        "{}: {count} {seen} hold “{word}”, no more than 0.1 %: it was taken for somebody's name",
                        column.name
                    ),
                });
            }
        }
        if extent == Extent::Begin {
            chosen.notes.push(format!(
                "the table came through a pipe, so which words mean an empty cell in columns of names was judged by its \
                 first {records} records: upload a file to have all of them judged"
            ));
        }
        Ok(chosen)
    }
}

fn is_of_names(column: &Column) -> bool {
    column.rule.data_type == DataType::Name
}

/// Counts the records, and for each column of names the cells that contain each word.
fn count(
    names: &[String],
    columns: &Columns,
    mut reader: RecordReader,
) -> Result<(Vec<BTreeMap<String, u64>>, u64), Error> {
    let wanted: Vec<Option<Placeholders>> = columns
        .as_slice()
        .iter()
        .map(|column| {
            is_of_names(column).then(|| Placeholders::none(&column.rule).and_names(names, &column.rule))
        })
        .collect();
    let mut counts = vec![BTreeMap::new(); wanted.len()];
    let positions: Vec<Option<usize>> = reader.positions().iter().copied().map(Some).collect();
    let (mut chunk, mut folded, mut records) = (Chunk::default(), Folded::new(), 0);
    loop {
        reader.read(&mut chunk, CHUNK_RECORDS_MAX, &positions, &mut Rejections::default())?;
        if chunk.is_empty() {
            return Ok((counts, records));
        }
        records += u64::from(chunk.len());
        for (_, cells) in chunk.rows(wanted.len()) {
            for ((cell, wanted), counts) in cells.zip(&wanted).zip(&mut counts) {
                if let Some(word) = wanted.as_ref().and_then(|wanted| wanted.name_in(cell, &mut folded)) {
                    *counts.entry(word.to_owned()).or_default() += 1;
                }
            }
        }
    }
}
