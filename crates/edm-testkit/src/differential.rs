//! Differential testing: asks the engine and the oracle the same question and reports differences.

use std::fmt::Write as _;
use std::sync::Arc;

use edm_engine::{
    Accelerators, ActiveType, CandidateSpan, Exclusion, PreparedTypes, Query, Report, RowReference, Scanner,
    Scratch, TextBatch, TypeReport, scan,
};
use edm_hash::Level;
use edm_model::{Pattern, RECOMMENDED_CONFIDENCE_DEFAULT, SensitiveTypeId};

use crate::generate::{Case, Sample};
use crate::in_memory::{SESSION, generation};
use crate::oracle::{Asked, ConfidenceCount, Evidence, Found, Match, Question, Span, Table};
use crate::sample::summary;

/// The length of the longest matched cell in atoms. It is small, so that some cells are too long.
pub(crate) const TOKENS_MAX: u32 = 9;
pub(crate) const ROWS_PER_BLOCK: usize = 7;

/// Selects one of the processor's implementations; successive numbers give different ones. So every
/// implementation that the machine supports is compared with the oracle.
pub fn take_path_of(number: u64) {
    let paths: Vec<Level> = Level::available().collect();
    let chosen = paths.get((number % paths.len().max(1) as u64) as usize);
    chosen.into_iter().for_each(|level| level.prefer());
}

/// Returns how the engine's findings differ from the oracle's; `None` if they agree.
pub fn disagreement(case: &Case) -> Option<String> {
    let table = Table::new(case.sample.columns.clone(), &case.sample.rows, TOKENS_MAX);
    let expected = table.scan(&case.question);
    let found = findings(case, Accelerators::default());
    (found != expected).then(|| {
        let mut text = described(case);
        let own = summary(&case.question.text, &case.sample.columns, expected.as_ref());
        let engine = summary(&case.question.text, &case.sample.columns, found.as_ref());
        let _ = write!(text, "oracle:\n{own}engine:\n{engine}");
        if own == engine {
            let _ = write!(text, "oracle: {expected:?}\nengine: {found:?}\n");
        }
        text
    })
}

/// Returns the engine's findings.
pub fn findings(case: &Case, accelerators: Accelerators) -> Option<Found> {
    all_findings(case, &[accelerators]).pop().flatten()
}

/// Returns what is wrong with the engine's explanations of a case; `None` if they are right. They
/// must not change a finding, be the same each time, and not report a value that is a match or was
/// counted for one.
pub fn explanation_fault(case: &Case) -> Option<String> {
    let active = Arc::new(active_type(case));
    let scanned = |explain| {
        with_query(&case.question, &active, |query: &Query<'_>| {
            scan(&Query { explain, ..*query }, &mut Scratch::new())
        })
    };
    let (without, with) = (scanned(false), scanned(true));
    let found: Vec<(usize, usize)> = with
        .types
        .iter()
        .flat_map(|found| &found.matches)
        .flat_map(|one| {
            let counted = one.evidences.iter().filter(|evidence| evidence.counted);
            counted.map(|evidence| evidence.span).chain([one.span])
        })
        .map(|span| (span.start, span.end))
        .collect();
    let unmatched: Vec<_> = with.diagnostics.iter().flat_map(|diagnostic| &diagnostic.unmatched).collect();
    let overlaps =
        |span: &edm_engine::Span| found.iter().any(|(start, end)| span.start < *end && *start < span.end);
    let fault = if without.types != with.types {
        "explaining changes findings"
    } else if scanned(true) != with {
        "the same input gives another report"
    } else if unmatched.iter().any(|one| overlaps(&one.span)) {
        "a match or its evidence is explained as unmatched"
    } else if !unmatched.is_sorted_by_key(|one| (one.span, one.column)) {
        "explanations are out of order"
    } else if unmatched.iter().any(|one| one.notes.is_empty()) {
        "an explanation has no note"
    } else {
        return None;
    };
    Some(format!("{}{fault}\n{unmatched:?}\n", described(case)))
}

/// Returns the engine's findings for each choice of accelerators.
pub fn all_findings(case: &Case, choices: &[Accelerators]) -> Vec<Option<Found>> {
    let reports = reports(&case.question, &Arc::new(active_type(case)), choices);
    let record = |row: &RowReference| (row.session_id == SESSION).then_some(row.record);
    reports.iter().map(|report| report.types.first().map(|found| translated(found, record))).collect()
}

/// Queries a type with each choice of accelerators.
pub(crate) fn reports(
    question: &Question,
    active: &Arc<ActiveType>,
    choices: &[Accelerators],
) -> Vec<Report> {
    with_query(question, active, |query| {
        let report = |accelerators: &Accelerators| {
            scan(&Query { accelerators: *accelerators, ..*query }, &mut Scratch::new())
        };
        choices.iter().map(report).collect()
    })
}

/// Queries a type without explanations.
fn with_query<T>(question: &Question, active: &Arc<ActiveType>, ask: impl FnOnce(&Query<'_>) -> T) -> T {
    let types = PreparedTypes::prepare([active.clone()]);
    let candidates: Vec<CandidateSpan> = question
        .candidates
        .iter()
        .map(|(offset, length)| CandidateSpan { offset_units: *offset, length_units: *length })
        .collect();
    let exempt: Vec<Exclusion> = question
        .exempt
        .iter()
        .map(|(column, values)| Exclusion { column: column.clone(), values: values.clone() })
        .collect();
    ask(&Query {
        minimum_confidence: question.minimum_confidence,
        candidates: &candidates,
        exclusions: &exempt,
        ..Query::new(&question.text, &types)
    })
}

/// How a text is passed to a scanner.
#[derive(Debug, Clone)]
pub struct Pieces {
    /// The positions at which it is cut, in bytes.
    pub cuts: Vec<usize>,
    /// The size of a zone, in bytes.
    pub zone_bytes: usize,
    /// Whether to request explanations; without them the scanner keeps less text around a zone.
    pub explain: bool,
}

/// Returns the reports of the case's text, as a whole and in pieces, for each way of cutting it.
///
/// # Panics
/// If the scanner refuses a UTF-8 text.
pub fn reports_in_pieces(case: &Case, ways: &[Pieces]) -> Vec<(Report, Report)> {
    with_query(&case.question, &Arc::new(active_type(case)), |query| {
        let in_pieces = |way: &Pieces| {
            let asked = Query { explain: way.explain, text: "", ..*query };
            let mut scanner = Scanner::in_zones_of(&asked, way.zone_bytes);
            let mut from = 0;
            for to in way.cuts.iter().copied().chain([query.text.len()]) {
                let piece = query.text.as_bytes().get(from..to).unwrap_or(&[]);
                scanner.push(piece).expect("a text of Rust is UTF-8");
                from = to.max(from);
            }
            scanner.finish().expect("a text of Rust is UTF-8")
        };
        let whole = |explain| {
            let asked = Query { explain, ..*query };
            Scanner::in_zones_of(&asked, usize::MAX / 2).finish().expect("a text of Rust is UTF-8")
        };
        let (plain, explained) = (whole(false), ways.iter().any(|way| way.explain).then(|| whole(true)));
        let whole = |way: &Pieces| explained.clone().filter(|_| way.explain).unwrap_or_else(|| plain.clone());
        ways.iter().map(|way| (whole(way), in_pieces(way))).collect()
    })
}

/// Returns the reports of some texts, with explanations: each scanned alone, and each after a
/// common prescan.
pub fn reports_together(case: &Case, texts: &[&str]) -> Vec<(Report, Report)> {
    with_query(&case.question, &Arc::new(active_type(case)), |query| {
        let (mut joined, mut scratch) = (TextBatch::new(), Scratch::new());
        texts.iter().for_each(|text| joined.push(text));
        let query = Query { explain: true, ..*query };
        joined.prescan(&query, &mut scratch);
        let mut reports = |(index, text): (usize, &&str)| {
            let alone = scan(&Query { text, ..query }, &mut scratch);
            (alone, joined.scan_one(index, &query, &mut scratch))
        };
        texts.iter().enumerate().map(&mut reports).collect()
    })
}

/// Makes the sensitive type of a case, over a generation of its table.
pub fn active_type(case: &Case) -> ActiveType {
    let generation =
        Arc::new(generation(&case.sample.columns, &case.sample.rows, TOKENS_MAX, ROWS_PER_BLOCK));
    let (default_type, patterns): (bool, Vec<Pattern>) = match &case.question.patterns {
        Asked::Own(patterns) => (false, patterns.clone()),
        Asked::Default => (true, generation.default_patterns().unwrap_or_default()),
    };
    ActiveType {
        id: SensitiveTypeId::from_bytes([4; 16]),
        name: "sample".to_owned(),
        recommended_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
        redact_confidence: RECOMMENDED_CONFIDENCE_DEFAULT,
        default_type,
        patterns,
        generation,
    }
}

/// Translates a report to the oracle's types. `record` maps rows to record numbers; unknown rows
/// are left out.
pub(crate) fn translated(report: &TypeReport, record: impl Fn(&RowReference) -> Option<u64>) -> Found {
    let span = |span: &edm_engine::Span| Span {
        start: span.start,
        end: span.end,
        start_utf16: span.start_units,
        end_utf16: span.end_units,
    };
    let matches: Vec<Match> = report
        .matches
        .iter()
        .map(|one| Match {
            span: span(&one.span),
            column: one.column,
            confidence: one.confidence,
            rows: one.rows.iter().filter_map(&record).collect(),
            rows_truncated: one.rows_truncated,
            evidences: one
                .evidences
                .iter()
                .map(|evidence| Evidence {
                    span: span(&evidence.span),
                    column: evidence.column,
                    counted: evidence.counted,
                })
                .collect(),
        })
        .collect();
    assert!(
        matches.is_sorted_by_key(|one| (one.span.start, one.span.end, one.column)),
        "matches are in order"
    );
    Found {
        confidence: report.confidence,
        unique_count: report.unique_count,
        counts: report
            .counts
            .iter()
            .map(|count| ConfidenceCount {
                confidence: count.confidence,
                unique_count: count.unique_count,
                match_count: count.match_count,
            })
            .collect(),
        matches,
    }
}

/// Returns how a generation's description of its table differs from the oracle's; `None` if they
/// agree.
pub fn table_disagreement(sample: &Sample) -> Option<String> {
    let table = Table::new(sample.columns.clone(), &sample.rows, TOKENS_MAX);
    let generation = generation(&sample.columns, &sample.rows, TOKENS_MAX, ROWS_PER_BLOCK);
    let mut text = String::new();
    let mut compare = |what: &str, own: String, engine: String| {
        if own != engine {
            let _ = writeln!(text, "{what}: oracle {own}, engine {engine}");
        }
    };
    compare("rows", table.row_count().to_string(), generation.row_count().to_string());
    compare("classes", format!("{:?}", table.classes()), format!("{:?}", generation.classes()));
    let engine_patterns = generation.default_patterns().unwrap_or_default();
    compare("patterns", format!("{:?}", table.default_patterns()), format!("{engine_patterns:?}"));
    for (column, definition) in sample.columns.as_slice().iter().enumerate().filter(|(_, c)| c.searchable) {
        for row in &sample.rows {
            let own = table.lookup(column, &row[column]);
            let engine = generation.lookup(column, &row[column], sample.rows.len());
            let engine: Vec<u64> = engine.iter().map(|row| generation.reference(*row).record).collect();
            let what = format!("lookup of {:?} in {}", row[column], definition.name);
            compare(&what, format!("{own:?}"), format!("{engine:?}"));
        }
    }
    (!text.is_empty()).then(|| format!("{}{text}", described_sample(sample)))
}

/// Formats a case so that a person can read and rebuild it.
pub fn described(case: &Case) -> String {
    let mut text = described_sample(&case.sample);
    let question = &case.question;
    match &question.patterns {
        Asked::Default => text.push_str("default type\n"),
        Asked::Own(patterns) => {
            for one in patterns {
                let _ = write!(text, "{} primary {:?} {:?}", one.confidence, one.primary, one.proximity);
                for group in &one.supporting {
                    let most = group.max_matches;
                    let _ = write!(text, " [{}..{most:?} of {}]", group.min_matches, group.columns.join(","));
                }
                let _ = writeln!(text, " not {:?} void {:?}", one.not_counted, one.void_if);
            }
        }
    }
    let (minimum, candidates, exempt) = (question.minimum_confidence, &question.candidates, &question.exempt);
    let _ = writeln!(text, "minimum {minimum}, candidates {candidates:?}, exempt {exempt:?}");
    let _ = writeln!(text, "text {:?}", question.text);
    text
}

pub(crate) fn described_sample(sample: &Sample) -> String {
    let mut text = String::new();
    for column in sample.columns.as_slice() {
        let star = if column.searchable { "*" } else { "" };
        let key = if column.key { " key" } else { "" };
        let rule = &column.rule;
        let ignored: String = rule.delimiters.as_slice().iter().collect();
        let _ =
            write!(text, "{}{star} {:?} {:?} {:?}", column.name, rule.data_type, rule.case, rule.diacritics);
        let _ = writeln!(text, "{key} ignore={ignored}");
    }
    for row in &sample.rows {
        let _ = writeln!(text, "  {row:?}");
    }
    text
}
