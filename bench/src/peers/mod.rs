//! Alternatives that a user might choose: multi-pattern matchers with the values as the table
//! spells them.

mod automata;
mod hyperscan;

use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;

use anyhow::bail;

use crate::hits::Place;
use crate::memory;

/// A matcher with the values in plaintext.
pub(crate) trait Peer {
    /// Scans the texts. Returns the CPU seconds.
    fn seconds(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<f64>;
    /// Returns the reported spans.
    fn places(&mut self, text: &str, texts: &[Range<usize>]) -> anyhow::Result<HashSet<Place>>;
}

/// The kind of matcher.
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

    /// Returns the approximate memory for building per byte of patterns. Measured as the growth of
    /// the process's peak at 1 M values, rounded up (28 and 96; Hyperscan's is a guess).
    fn build_bytes_a_pattern_byte(self) -> u64 {
        match self {
            PeerKind::AhoCorasick => 45,
            PeerKind::Daachorse => 105,
            PeerKind::Hyperscan => 120,
        }
    }

    /// Builds it. Fails with a sentence if it is missing or would exceed the memory.
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

/// The maximum number of literals for Hyperscan. With more, its compiler does not finish in
/// acceptable time.
const HYPERSCAN_PATTERNS_MAX: usize = 1_000_000;

/// The needs of a peer outside this process.
#[derive(Debug, Clone)]
pub(crate) struct PeerSetting {
    /// The program built from `peers/hyperscan.c`; `None` if the library is not available.
    pub(crate) hyperscan: Option<PathBuf>,
    /// A folder for its files.
    pub(crate) folder: PathBuf,
}
