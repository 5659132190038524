//! The corpus: prose, logs, JSON and CSV lines alternately, with planted values of the table. Equal
//! prose gives equal bytes every time and on every machine.

mod lines;
mod prose;

use std::ops::Range;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::people;
use crate::random::Random;
pub(crate) use lines::Kind;
use lines::LineMaker;

/// The rows from which values are planted; the smallest table has more.
const PLANTED_ROWS: usize = 1_600;
/// One byte in this many belongs to a planted value.
const BYTES_A_PLANTED_BYTE: usize = 1_000;

/// The spelling of a planted value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Form {
    /// As in the table, which a list of literals can find.
    Plain,
    /// With delimiters other than the table's, or none.
    Delimited,
    /// In capital letters.
    Capitals,
    /// With two spaces or a line break between its words.
    Spaced,
}

/// A value of the table in the corpus.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planted {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) column: usize,
    pub(crate) form: Form,
}

/// The text that every side scans.
pub(crate) struct Corpus {
    pub(crate) text: String,
    /// Ascending, without overlap.
    pub(crate) planted: Vec<Planted>,
    /// Where a text may end: between lines or paragraphs.
    ends: Vec<usize>,
}

impl Corpus {
    /// Makes a corpus of about this many bytes from the prose in the folders, of all kinds or of
    /// one only.
    pub(crate) fn make(bytes: usize, prose: &[PathBuf], only: Option<Kind>) -> anyhow::Result<Self> {
        let paragraphs = prose::paragraphs(prose)?;
        let mut maker = LineMaker::new(&paragraphs, only);
        let mut random = Random::new(4);
        let mut corpus =
            Self { text: String::with_capacity(bytes + 4096), planted: Vec::new(), ends: Vec::new() };
        let mut planted_bytes = 0;
        while corpus.text.len() < bytes {
            let due = planted_bytes * BYTES_A_PLANTED_BYTE < corpus.text.len();
            let value = due.then(|| value(&mut random));
            let start = corpus.text.len();
            let unit = maker.next(value.as_ref().map(|(text, _, form)| (text.as_str(), *form)));
            corpus.text.push_str(&unit.text);
            if let (Some((text, column, form)), Some(at)) = (value, unit.value_at) {
                planted_bytes += text.len();
                corpus.planted.push(Planted {
                    start: start + at,
                    end: start + at + text.len(),
                    column,
                    form,
                });
            }
            corpus.ends.push(corpus.text.len());
        }
        Ok(corpus)
    }

    /// Returns the corpus divided into texts of about this many bytes.
    pub(crate) fn texts(&self, bytes: usize) -> Vec<Range<usize>> {
        let mut texts = Vec::new();
        let (mut start, mut last) = (0, 0);
        for end in &self.ends {
            if end - start > bytes && last > start {
                texts.push(start..last);
                start = last;
            }
            last = *end;
        }
        texts.push(start..last);
        texts
    }

    /// Returns the SHA-256 of the text in hexadecimal. Equal digests mean that the same corpus was
    /// measured.
    pub(crate) fn sha256(&self) -> String {
        Sha256::digest(self.text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Draws a value of the table and its spelling.
fn value(random: &mut Random) -> (String, usize, Form) {
    let cells = people::cells(random.below(PLANTED_ROWS) as u64);
    let column = random.below(cells.len());
    let cell = &cells[column];
    if random.below(10) < 7 {
        return (cell.clone(), column, Form::Plain);
    }
    match people::COLUMNS[column] {
        "ssn" => (cell.replace('-', ""), column, Form::Delimited),
        "card" => {
            let groups = [&cell[..4], &cell[4..8], &cell[8..12], &cell[12..]];
            (groups.join("-"), column, Form::Delimited)
        }
        "email" => (cell.to_uppercase(), column, Form::Capitals),
        "name" | "address" if random.below(2) == 0 => (cell.to_uppercase(), column, Form::Capitals),
        "name" | "address" => {
            let between = *random.pick(&["  ", "\n"]);
            (cell.replacen(' ', between, 1), column, Form::Spaced)
        }
        _ => (cell.clone(), column, Form::Plain),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Makes a corpus from the project's documentation.
    pub(crate) fn small(bytes: usize) -> Corpus {
        let docs = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs"));
        Corpus::make(bytes, &[docs], None).expect("the documentation is prose")
    }

    #[test]
    fn a_corpus_is_the_same_every_time_and_says_what_it_holds() {
        let corpus = small(400_000);
        assert_eq!(corpus.sha256(), small(400_000).sha256());
        let planted: usize = corpus.planted.iter().map(|planted| planted.end - planted.start).sum();
        assert!((300..600).contains(&planted), "{planted} bytes of 400,000 are planted");
        let mut last = 0;
        for planted in &corpus.planted {
            assert!(planted.start >= last);
            last = planted.end;
            let written = &corpus.text[planted.start..planted.end];
            if planted.form == Form::Plain {
                let rows = 0..PLANTED_ROWS as u64;
                assert!(rows.into_iter().any(|row| people::cells(row)[planted.column] == written));
            }
        }
    }

    #[test]
    fn texts_are_the_whole_corpus_and_cut_no_value() {
        let corpus = small(300_000);
        for bytes in [1_024, 65_536] {
            let texts = corpus.texts(bytes);
            assert_eq!(texts.iter().map(Range::len).sum::<usize>(), corpus.text.len());
            for planted in &corpus.planted {
                assert!(texts.iter().any(|text| text.start <= planted.start && planted.end <= text.end));
            }
        }
    }
}
