//! What a user would pick instead: multi-pattern matchers that are given the values as the table writes them.

mod automata;
mod hyperscan;

use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::bail;

use crate::hits::Place;
use crate::memory;

/// A matcher that holds the values in plain.
pub(crate) trait Peer {
    /// Scans the texts and returns the CPU seconds.
    fn seconds(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<f64>;
    /// Returns the places that it reports.
    fn places(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<HashSet<Place>>;
}

/// Which matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PeerKind {
    AhoCorasick,
    Daachorse,
    Hyperscan,
}

impl PeerKind {
    pub(crate) const ALL: [Self; 3] = [Self::AhoCorasick, Self::Daachorse, Self::Hyperscan];

    /// Returns its name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            PeerKind::AhoCorasick => "aho-corasick",
            PeerKind::Daachorse => "daachorse",
            PeerKind::Hyperscan => "hyperscan",
        }
    }

    /// About what building takes for each byte of the patterns: what the process's peak grew by at 1 M values, and a
    /// little more (28 and 96 were seen; Hyperscan's is a guess).
    fn build_bytes_a_pattern_byte(self) -> u64 {
        match self {
            PeerKind::AhoCorasick => 45,
            PeerKind::Daachorse => 105,
            PeerKind::Hyperscan => 120,
        }
    }

    /// Builds it. Fails with a sentence where it is not there or would not fit into memory.
    pub(crate) fn build(self, patterns: &[String], setting: &PeerSetting) -> anyhow::Result<Box<dyn Peer>> {
        let bytes: u64 = patterns.iter().map(|pattern| pattern.len() as u64).sum();
        let wanted = bytes * self.build_bytes_a_pattern_byte();
        let free = memory::available_bytes();
        if wanted > free {
            bail!(
                "building it takes about {:.1} GB and {:.1} GB are free",
                wanted as f64 / 1e9,
                free as f64 / 1e9
            );
        }
        Ok(match self {
            PeerKind::AhoCorasick => Box::new(automata::AhoCorasickPeer::build(patterns)?),
            PeerKind::Daachorse => Box::new(automata::DaachorsePeer::build(patterns)?),
            PeerKind::Hyperscan => {
                if patterns.len() > HYPERSCAN_PATTERNS_MAX {
                    bail!("hyperscan's compiler takes hours and tens of GB for so many literals");
                }
                Box::new(hyperscan::HyperscanPeer::build(patterns, setting)?)
            }
        })
    }
}

/// More literals are not given to Hyperscan: its compiler does not end in bearable time.
const HYPERSCAN_PATTERNS_MAX: usize = 1_000_000;

/// What a peer outside of this process needs.
#[derive(Debug, Clone)]
pub(crate) struct PeerSetting {
    /// The program made of `peers/hyperscan.c`; `None` where the library is not to be had.
    pub(crate) hyperscan: Option<PathBuf>,
    /// Where files for it may be written.
    pub(crate) folder: PathBuf,
}
