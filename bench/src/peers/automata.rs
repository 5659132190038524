//! `aho-corasick` and `daachorse`, each configured as its documentation recommends for speed with
//! large sets of patterns.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use anyhow::anyhow;
use daachorse::{DoubleArrayAhoCorasick, DoubleArrayAhoCorasickBuilder};

use super::Peer;
use crate::clock::cpu_seconds;
use crate::hits::Place;

pub(crate) struct AhoCorasickPeer(AhoCorasick);

impl AhoCorasickPeer {
    pub(crate) fn build(patterns: &[String]) -> anyhow::Result<Self> {
        let mut builder = AhoCorasick::builder();
        // If one name is a prefix of another, the longer one should match.
        builder.match_kind(aho_corasick::MatchKind::LeftmostLongest);
        builder.kind(Some(AhoCorasickKind::ContiguousNFA));
        Ok(Self(builder.build(patterns)?))
    }
}

impl Peer for AhoCorasickPeer {
    fn seconds(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<f64> {
        Ok(cpu_seconds(|| {
            let found: usize = texts.iter().map(|range| self.0.find_iter(&text[range.clone()]).count()).sum();
            std::hint::black_box(found);
        }))
    }

    fn places(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<HashSet<Place>> {
        let each = |range: &Range<usize>| {
            let start = range.start;
            self.0
                .find_iter(&text[range.clone()])
                .map(move |found| (start + found.start(), start + found.end()))
        };
        Ok(texts.iter().flat_map(each).collect())
    }
}

pub(crate) struct DaachorsePeer(DoubleArrayAhoCorasick<u32>);

impl DaachorsePeer {
    pub(crate) fn build(patterns: &[String]) -> anyhow::Result<Self> {
        let builder = DoubleArrayAhoCorasickBuilder::new().match_kind(daachorse::MatchKind::LeftmostLongest);
        Ok(Self(builder.build(patterns).map_err(|error| anyhow!("{error}"))?))
    }
}

impl Peer for DaachorsePeer {
    fn seconds(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<f64> {
        Ok(cpu_seconds(|| {
            let found: usize =
                texts.iter().map(|range| self.0.leftmost_find_iter(&text[range.clone()]).count()).sum();
            std::hint::black_box(found);
        }))
    }

    fn places(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<HashSet<Place>> {
        let each = |range: &Range<usize>| {
            let start = range.start;
            self.0
                .leftmost_find_iter(&text[range.clone()])
                .map(move |found| (start + found.start(), start + found.end()))
        };
        Ok(texts.iter().flat_map(each).collect())
    }
}
