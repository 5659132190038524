//! Our side against itself: threads, small texts, large tables, many stores.

use std::sync::Arc;

use edm_engine::{Generation, PreparedTypes};

use super::{Setting, TEXT_BYTES, rate, short};
use crate::clock::{Pair, cpu_seconds, interleaved, wall_seconds};
use crate::corpus::Corpus;
use crate::ours;
use crate::people;
use crate::report::{Row, Target};
use crate::tables::{Declared, Table, every_value};

const STORES: u64 = 20;
/// Values of the standard table and of the large one; small in a quick run.
const VALUES: (u64, u64) = (1_000_000, 50_000_000);
const VALUES_QUICK: (u64, u64) = (6_000, 60_000);
/// Rounds of the spin test: about half a second.
const SPIN_ROUNDS: u64 = 400_000_000;

/// Returns the rows of the group.
pub(crate) fn rows(setting: &Setting, corpus: &Corpus, quick: bool) -> anyhow::Result<Vec<Row>> {
    let (values, many) = if quick { VALUES_QUICK } else { VALUES };
    let types = every_value([table(setting, "scale-base", values, 0, 1)?]);
    let mut rows = vec![threads(setting, corpus, &types)?];
    rows.extend(small_texts(setting, corpus, &types)?);
    rows.push(stores(setting, corpus, &types, values)?);
    let large = every_value([table(setting, "scale-large", many, 0, 1)?]);
    let seconds = |types: &PreparedTypes| Ok(ours::seconds(types, &corpus.text, &corpus.texts(TEXT_BYTES)));
    let pair = interleaved(setting.pairs, || seconds(&large), || seconds(&types))?;
    let what = format!("{} values against {}, one process", short(many), short(values));
    let row = Row::own(what, "MB/s", rate(corpus, pair.ours));
    let row = Row::against(row, short(values), rate(corpus, pair.theirs), 1.0 / pair.ratio);
    rows.push(row.must(Target::RatioAtLeast(0.7)));
    Ok(rows)
}

/// Builds the typed table with this many values, starting at a row.
fn table(
    setting: &Setting,
    name: &str,
    values: u64,
    from: u64,
    store: u8,
) -> anyhow::Result<Arc<Generation>> {
    let rows = values / people::COLUMNS.len() as u64;
    let table = Table { store, ..Table::people(Declared::Typed, from..from + rows) };
    table.generation(&setting.folder.join(name))
}

/// Measures two threads that scan the whole corpus, next to two threads that only count.
fn threads(setting: &Setting, corpus: &Corpus, types: &PreparedTypes) -> anyhow::Result<Row> {
    let texts = corpus.texts(TEXT_BYTES);
    let scan = || {
        ours::seconds(types, &corpus.text, &texts);
    };
    let pair = interleaved(setting.pairs, || Ok(scaling(scan)), || Ok(scaling(spin)))?;
    let row = Row::own("two threads, wall clock", "x of one", pair.ours);
    Ok(Row::against(row, "spin test", pair.theirs, pair.ratio).must(Target::RatioAtLeast(0.95)))
}

/// Returns how much more two threads do than one in the same time.
fn scaling(work: impl Fn() + Sync) -> f64 {
    let one = wall_seconds(&work);
    let two = wall_seconds(|| {
        std::thread::scope(|scope| {
            scope.spawn(&work);
            scope.spawn(&work);
        });
    });
    2.0 * one / two
}

fn spin() {
    let mut state = 1u64;
    for round in 0..SPIN_ROUNDS {
        state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(round));
    }
}

/// Measures small texts, with a prescan and one after another, next to long ones.
fn small_texts(setting: &Setting, corpus: &Corpus, types: &PreparedTypes) -> anyhow::Result<Vec<Row>> {
    let (small, large) = (corpus.texts(1_024), corpus.texts(TEXT_BYTES));
    let seconds = |texts: &[std::ops::Range<usize>]| Ok(ours::seconds(types, &corpus.text, texts));
    let together = || {
        let texts = small.iter().map(|range| &corpus.text[range.clone()]);
        Ok(cpu_seconds(|| {
            std::hint::black_box(ours::matches_together(types, texts));
        }))
    };
    let row = |what: &str, pair: Pair| {
        let row = Row::own(what, "MB/s", rate(corpus, pair.ours));
        Row::against(row, "64 KiB", rate(corpus, pair.theirs), 1.0 / pair.ratio)
    };
    let pair = interleaved(setting.pairs, together, || seconds(&large))?;
    let joined = row("texts of 1 KiB through the library, together", pair).noted(format!(
        "{} texts of {} bytes on average, 32 KiB at a time",
        small.len(),
        corpus.text.len() / small.len().max(1)
    ));
    let pair = interleaved(setting.pairs, || seconds(&small), || seconds(&large))?;
    let alone = row("texts of 1 KiB through the library, one after another", pair);
    Ok(vec![joined.must(Target::RatioAtLeast(0.85)), alone])
}

fn stores(setting: &Setting, corpus: &Corpus, one: &PreparedTypes, values: u64) -> anyhow::Result<Row> {
    let each = values / STORES;
    let mut generations = Vec::new();
    for store in 0..STORES {
        let from = store * (each / people::COLUMNS.len() as u64);
        generations.push(table(setting, &format!("scale-store-{store}"), each, from, store as u8 + 1)?);
    }
    let types = every_value(generations);
    let texts = corpus.texts(TEXT_BYTES);
    let seconds = |types: &PreparedTypes| Ok(ours::seconds(types, &corpus.text, &texts));
    let pair = interleaved(setting.pairs, || seconds(&types), || seconds(one))?;
    let what = format!("{STORES} stores of one tenant, {} values in all", short(values));
    let row = Row::own(what, "MB/s", rate(corpus, pair.ours));
    let row = Row::against(row, "one store", rate(corpus, pair.theirs), 1.0 / pair.ratio);
    Ok(row.must(Target::RatioAtLeast(0.7)))
}
