//! Our side of the comparison: scans every text of a corpus through the engine's public interface.

use std::collections::HashSet;
use std::ops::Range;

use edm_engine::{PreparedTypes, Query, Scratch, TextBatch, scan};

use crate::clock::cpu_seconds;
use crate::hits::Place;

/// Returns the CPU seconds of scanning the texts.
pub(crate) fn seconds(types: &PreparedTypes, text: &str, texts: &[Range<usize>]) -> f64 {
    cpu_seconds(|| {
        let (mut matches, mut scratch) = (0, Scratch::new());
        for range in texts {
            let report = scan(&Query::new(&text[range.clone()], types), &mut scratch);
            matches += report.types.iter().map(|found| found.matches.len()).sum::<usize>();
        }
        std::hint::black_box(matches);
    })
}

/// The size of texts prescanned together, equal to the server's.
const JOINED_BYTES: usize = 32 * 1024;

/// Returns the number of matches in the texts, after a common prescan.
pub(crate) fn matches_together<'a>(types: &PreparedTypes, texts: impl Iterator<Item = &'a str>) -> usize {
    let (mut matches, mut scratch, mut joined) = (0, Scratch::new(), TextBatch::new());
    let mut look = |joined: &mut TextBatch| {
        let query = Query::new("", types);
        joined.prescan(&query, &mut scratch);
        for index in 0..joined.len() {
            let report = joined.scan_one(index, &query, &mut scratch);
            matches += report.types.iter().map(|found| found.matches.len()).sum::<usize>();
        }
        joined.clear();
    };
    for text in texts {
        joined.push(text);
        if joined.bytes() >= JOINED_BYTES {
            look(&mut joined);
        }
    }
    look(&mut joined);
    matches
}

/// Returns the span of every match in the whole corpus.
pub(crate) fn places(types: &PreparedTypes, text: &str, texts: &[Range<usize>]) -> HashSet<Place> {
    let (mut places, mut scratch) = (HashSet::new(), Scratch::new());
    for range in texts {
        let report = scan(&Query::new(&text[range.clone()], types), &mut scratch);
        for found in report.types.iter().flat_map(|found| &found.matches) {
            places.insert((range.start + found.span.start, range.start + found.span.end));
        }
    }
    places
}
