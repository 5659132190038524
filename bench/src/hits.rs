//! What a side found, held against what was planted.

use std::collections::HashSet;

use crate::corpus::{Corpus, Form, Planted};

/// A place in the corpus: first byte and the one behind the last.
pub(crate) type Place = (usize, usize);

/// How many of the planted values a side found, and what else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Planted as the table writes them: found, of all.
    pub(crate) plain: (usize, usize),
    /// Planted in other forms: found, of all.
    pub(crate) others: (usize, usize),
    /// Places that were not planted.
    pub(crate) besides: usize,
    /// The first planted values that were missed: for whoever looks for the reason.
    pub(crate) missed: Vec<Planted>,
}

impl Tally {
    /// Counts a side's places. A planted value counts as found where exactly its place was reported.
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

    /// Says it in a few words.
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
