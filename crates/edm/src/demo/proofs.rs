//! The last two proofs: the effect of a removal, and the speed of scanning.

use std::sync::Arc;
use std::time::Instant;

use edm_agent::GraphClient;
use edm_agent::sample::Random;
use serde_json::json;
use tokio::task::JoinSet;

use super::fixture::Fixture;
use super::samples::{SampleTexts, Verdict};
use super::steps::{Steps, seconds};
use super::upload_table;
use crate::host::core_count;
use crate::output::Output;

/// The size of the text for the speed measurement.
const SCANNED_BYTES: usize = 64 * 1024 * 1024;
/// The share of one request.
const PIECE_BYTES: usize = 2 * 1024 * 1024;

/// Uploads the table without the row of the first text, and classifies that text again.
pub(crate) async fn removal(
    fixture: &Fixture,
    steps: &Arc<Steps>,
    texts: &SampleTexts,
    output: Output,
) -> anyhow::Result<Vec<Verdict>> {
    output.line(&format!("  3. row {} is removed and the table uploaded again:", texts.first().row))?;
    upload_table(fixture, steps).await?;
    let request = json!({ "text": texts.first_text(), "sensitiveTypeIds": [], "contentClassifications": [] });
    let result = fixture.client().classify(&request).await?;
    let count: usize = result.classification.iter().map(|found| found.matches.len()).sum();
    let after = seconds(steps.live_after());
    output.line(&format!("     live after {after}; the first text now finds {count}"))?;
    Ok(vec![match count {
        0 => Ok(()),
        count => Err(format!("{count} findings of a removed row")),
    }])
}

/// Sends 64 MiB of text and measures the time from the client, requests and responses included.
pub(crate) async fn speed(
    client: &GraphClient,
    texts: &SampleTexts,
    output: Output,
) -> anyhow::Result<Vec<Verdict>> {
    // Each piece contains a finding, so that the text is not trivially empty.
    let planted = texts.findable().to_owned();
    let pieces: Vec<Arc<str>> =
        (0..SCANNED_BYTES / PIECE_BYTES).map(|number| piece(number as u64, &planted).into()).collect();
    let bytes: usize = pieces.iter().map(|piece| piece.len()).sum();
    let count = pieces.len();
    let mut waiting = pieces.into_iter();
    let mut running = JoinSet::new();
    let mut found = 0;
    let started = Instant::now();
    loop {
        while running.len() < core_count() {
            let Some(piece) = waiting.next() else { break };
            let client = client.clone();
            running.spawn(async move {
                let request =
                    json!({ "text": &*piece, "sensitiveTypeIds": [], "contentClassifications": [] });
                client.classify(&request).await
            });
        }
        let Some(result) = running.join_next().await else { break };
        found += result??.classification.iter().map(|found| found.matches.len()).sum::<usize>();
    }
    let took = started.elapsed();
    let speed = bytes as f64 / 1e6 / took.as_secs_f64().max(1e-9);
    output.line(&format!(
        "  4. 64 MiB of text in {count} requests scanned in {} ({speed:.0} MB/s over HTTP); found {found} of {count} planted",
        seconds(took)
    ))?;
    Ok(vec![if found == count { Ok(()) } else { Err(format!("{found} of {count} planted records found")) }])
}

/// Returns 2 MiB of log lines and prose with one record in them.
fn piece(number: u64, planted: &str) -> String {
    const WORDS: &[&str] = &[
        "delivery",
        "confirmed",
        "the",
        "invoice",
        "for",
        "order",
        "was",
        "sent",
        "to",
        "account",
        "on",
        "Monday",
        "please",
        "check",
        "status",
        "pending",
        "with",
        "reference",
        "and",
        "customer",
        "service",
        "replied",
        "in",
        "time",
        "because",
        "shipment",
        "weight",
        "is",
        "correct",
        "a",
        "new",
        "appointment",
        "at",
        "noon",
    ];
    let mut random = Random::new(number);
    let mut text = String::with_capacity(PIECE_BYTES + 256);
    let middle = PIECE_BYTES / 2;
    let mut planted = Some(planted);
    while text.len() < PIECE_BYTES {
        if text.len() > middle
            && let Some(planted) = planted.take()
        {
            text.push_str(planted);
            text.push('\n');
        }
        let (hour, minute) = (random.below(24), random.below(60));
        text.push_str(&format!(
            "2026-11-{:02}T{hour:02}:{minute:02}:07Z #{} ",
            1 + random.below(30),
            random.below(99_999)
        ));
        for _ in 0..12 {
            let word = WORDS.get(random.position(WORDS.len())).copied().unwrap_or("and");
            text.push_str(word);
            text.push(' ');
        }
        text.push('\n');
    }
    // Exactly 2 MiB; everything except the planted record is ASCII.
    while text.len() > PIECE_BYTES {
        text.pop();
    }
    text
}
