//! Compares the findings of a side with the planted values.

use std::collections::HashSet;

use crate::corpus::{Corpus, Form, Planted};

/// A span of the corpus: the first byte, and the one after the last.
pub(crate) type Place = (usize, usize);

/// How many planted values a side found, and how many other spans.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Planted with the table's spelling: found, of all.
    pub(crate) plain: (usize, usize),
    /// Planted with another spelling: found, of all.
    pub(crate) others: (usize, usize),
    /// Spans that were not planted.
    pub(crate) besides: usize,
    /// The first planted values that were missed, for diagnosis.
    pub(crate) missed: Vec<Planted>,
}

impl Tally {
    /// Counts the spans of a side. A planted value counts as found if exactly its span was
    /// reported.
    pub(crate) fn of(corpus: &Corpus, found: &HashSet<Place>) -> Self {
        let mut tally = Self::default();
        let mut hit = 0;
        for planted in &corpus.planted {
            let place = (planted.start, planted.end);
            let counted = if planted.form == Form::Plain { &mut tally.plain } else { &mut tally.others };
            counted.1 += 1;
            if found.contains(&place) {
                counted.0 += 1;
                hit += 1;
            } else if tally.missed.len() < 5 {
                tally.missed.push(*planted);
            }
        }
        tally.besides = found.len() - hit;
        tally
    }

    /// Formats the counts.
    pub(crate) fn words(&self) -> String {
        format!(
            "{}/{} plain, {}/{} in other forms, {} besides",
            self.plain.0, self.plain.1, self.others.0, self.others.1, self.besides
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::tests::small;

    #[test]
    fn planted_values_count_where_exactly_they_stand() {
        let corpus = small(300_000);
        let all: HashSet<Place> = corpus.planted.iter().map(|planted| (planted.start, planted.end)).collect();
        let tally = Tally::of(&corpus, &all);
        assert_eq!((tally.plain.0, tally.others.0, tally.besides), (tally.plain.1, tally.others.1, 0));
        assert_eq!(tally.plain.1 + tally.others.1, corpus.planted.len());
        let shifted = all.iter().map(|(start, end)| (start + 1, *end)).collect();
        let tally = Tally::of(&corpus, &shifted);
        assert_eq!((tally.plain.0, tally.others.0, tally.besides), (0, 0, corpus.planted.len()));
        assert_eq!(tally.missed.len(), 5.min(corpus.planted.len()));
    }
}
