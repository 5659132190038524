//! Scanning next to the peers: the same texts and values, one core, alternately.

use std::collections::{BTreeMap, HashSet};
use std::time::Instant;

use edm_engine::PreparedTypes;

use super::{Setting, TEXT_BYTES, rate, short};
use crate::clock::{Pair, interleaved};
use crate::corpus::Corpus;
use crate::hits::{Place, Tally};
use crate::memory;
use crate::ours;
use crate::peers::{Peer, PeerKind};
use crate::people;
use crate::report::{Row, Target};
use crate::tables::{self, Declared, Table, every_value};

/// Returns the target of each size against the better automaton, for typed and text columns, and
/// against Hyperscan.
fn target(values: u64, declared: Declared, peer: Option<PeerKind>) -> Option<Target> {
    let times = match (peer, declared, values) {
        (None, Declared::Typed, 1_000_000) => 12.0,
        (None, Declared::Typed, 10_000_000) => 16.0,
        (None, Declared::Text, 1_000_000) => 7.0,
        (None, Declared::Text, 10_000_000) => 10.0,
        (Some(PeerKind::Hyperscan), Declared::Typed, 10_000) => 1.0,
        (Some(PeerKind::Hyperscan), Declared::Typed, 100_000) => 3.0,
        (Some(PeerKind::Hyperscan), Declared::Typed, 1_000_000) => 15.0,
        _ => return None,
    };
    Some(Target::RatioAtLeast(times))
}

/// One of our tables, with one declaration of its columns.
struct Own {
    declared: Declared,
    types: PreparedTypes,
    found: HashSet<Place>,
}

/// Returns the rows of one size.
pub(crate) fn rows(setting: &Setting, corpus: &Corpus, values: u64) -> anyhow::Result<Vec<Row>> {
    let table_rows = values.div_ceil(people::COLUMNS.len() as u64);
    let texts = corpus.texts(TEXT_BYTES);
    let mut own = Vec::new();
    let mut rows = Vec::new();
    for declared in [Declared::Typed, Declared::Text] {
        let folder = setting.folder.join(format!("{}-{values}", declared.word()));
        let generation = Table::people(declared, 0..table_rows).generation(&folder)?;
        let types = every_value([generation]);
        let found = ours::places(&types, &corpus.text, &texts);
        rows.push(found_row(corpus, "ours", &format!("{}, {}", declared.word(), short(values)), &found));
        own.push(Own { declared, types, found });
    }
    let mut patterns: Vec<String> = (0..table_rows).flat_map(people::cells).collect();
    patterns.sort_unstable();
    patterns.dedup();
    // For each declaration of the columns, the pairs with each automaton.
    let mut automata: BTreeMap<usize, Vec<(PeerKind, Pair)>> = BTreeMap::new();
    for kind in &setting.peers {
        let start = Instant::now();
        let mut peer = match kind.build(&patterns, &setting.peer_setting) {
            Ok(peer) => peer,
            Err(reason) => {
                let what = format!("scan, {} values, against {}", short(values), kind.name());
                let target = target(values, Declared::Typed, Some(*kind));
                rows.push(Row { target, ..Row::not_measured(what, format!("{reason:#}")) });
                continue;
            }
        };
        eprintln!(
            "{}: {} values built in {:.1} s, this process at most {} MB so far",
            kind.name(),
            short(values),
            start.elapsed().as_secs_f64(),
            memory::peak_bytes() / 1_000_000
        );
        let theirs = peer.places(&corpus.text, &texts)?;
        rows.push(found_row(corpus, kind.name(), &short(values), &theirs));
        for (index, side) in own.iter().enumerate() {
            let pair = race(setting.pairs, corpus, side, peer.as_mut())?;
            rows.push(pair_row(corpus, values, side, *kind, pair).noted(apart(corpus, side, &theirs)));
            if *kind != PeerKind::Hyperscan {
                automata.entry(index).or_default().push((*kind, pair));
            }
        }
    }
    for (index, side) in own.iter().enumerate() {
        let pairs = automata.get(&index).map_or(&[][..], Vec::as_slice);
        rows.push(better_row(corpus, values, side.declared, pairs));
    }
    Ok(rows)
}

/// Scans with one table of the first size, once per pair, and prints the rate. Used with a
/// profiler.
pub(crate) fn profile(setting: &Setting, corpus: &Corpus, declared: Declared) -> anyhow::Result<()> {
    let values = setting.values.first().copied().unwrap_or(1_000_000);
    let folder = setting.folder.join(format!("profile-{}-{values}", declared.word()));
    let generation = match tables::open(&folder.join("index")) {
        Ok(generation) => generation,
        Err(_) => {
            Table::people(declared, 0..values.div_ceil(people::COLUMNS.len() as u64)).generation(&folder)?
        }
    };
    let types = every_value([generation]);
    let texts = corpus.texts(TEXT_BYTES);
    for _ in 0..setting.pairs {
        println!("{:.1} MB/s", rate(corpus, ours::seconds(&types, &corpus.text, &texts)));
    }
    Ok(())
}

fn race(pairs: usize, corpus: &Corpus, side: &Own, peer: &mut dyn Peer) -> anyhow::Result<Pair> {
    let texts = corpus.texts(TEXT_BYTES);
    interleaved(
        pairs,
        || Ok(ours::seconds(&side.types, &corpus.text, &texts)),
        || peer.seconds(&corpus.text, &texts),
    )
}

fn pair_row(corpus: &Corpus, values: u64, side: &Own, kind: PeerKind, pair: Pair) -> Row {
    let what = format!("scan, {}, {} values", side.declared.word(), short(values));
    let row = Row::own(what, "MB/s", rate(corpus, pair.ours));
    let row = Row::against(row, kind.name(), rate(corpus, pair.theirs), 1.0 / pair.ratio);
    Row { target: target(values, side.declared, Some(kind)), ..row }
}

/// Returns the row with the target: against the faster automaton.
fn better_row(corpus: &Corpus, values: u64, declared: Declared, pairs: &[(PeerKind, Pair)]) -> Row {
    let what = format!("scan, {}, {} values, better automaton", declared.word(), short(values));
    let target = target(values, declared, None);
    let Some((kind, pair)) = pairs.iter().min_by(|a, b| b.1.ratio.total_cmp(&a.1.ratio)) else {
        return Row { target, ..Row::not_measured(what, "no automaton was built") };
    };
    let row = Row::own(what, "MB/s", rate(corpus, pair.ours));
    let row = Row::against(row, kind.name(), rate(corpus, pair.theirs), 1.0 / pair.ratio);
    let row = match pairs.len() {
        1 => row.noted(format!("{} alone was measured: nothing is known of the other", kind.name())),
        _ => row,
    };
    Row { target, ..row }
}

/// Returns how many planted values a side finds. Ours must find all of them, and the peers those
/// with the table's spelling.
fn found_row(corpus: &Corpus, side: &str, what: &str, found: &HashSet<Place>) -> Row {
    let tally = Tally::of(corpus, found);
    let (mut hit, mut all) = tally.plain;
    if side == "ours" {
        hit += tally.others.0;
        all += tally.others.1;
    }
    let row = Row::own(format!("planted values that {side} finds, {what}"), "", hit as f64);
    let row = Row::against(row, "planted", all as f64, hit as f64 / all.max(1) as f64).noted(tally.words());
    let names = tally.missed.iter().map(|planted| {
        format!("{} at {}, {:?}", people::COLUMNS[planted.column], planted.start, planted.form)
    });
    let row =
        if hit < all { row.noted(format!("misses {}", names.collect::<Vec<_>>().join("; "))) } else { row };
    row.must(Target::RatioAtLeast(1.0))
}

/// Formats what one side reports and the other does not, planted or not.
fn apart(corpus: &Corpus, side: &Own, theirs: &HashSet<Place>) -> String {
    let bytes = corpus.text.as_bytes();
    let joins = |at: usize| {
        let word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 128);
        at > 0 && word(bytes.get(at - 1)) && word(bytes.get(at))
    };
    let only_theirs: Vec<&Place> = theirs.difference(&side.found).collect();
    let inside = only_theirs.iter().filter(|(start, end)| joins(*start) || joins(*end)).count();
    format!(
        "by place: both {}, ours alone {}, theirs alone {} ({inside} of them inside a longer word or number)",
        theirs.intersection(&side.found).count(),
        side.found.difference(theirs).count(),
        only_theirs.len()
    )
}
