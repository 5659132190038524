//! The JSON format of catalog columns. These types are separate from the model's on purpose:
//! renaming a field of the model must not change how an old catalog is read.

use std::cmp::Ordering;

use edm_model::{
    CaseRule, Column, Columns, Country, DataType, DataTypeOptions, DateOrder, Delimiters, DiacriticRule,
    EvidenceGroup, ExactMatchRule, JobFinding, JobMatch, JobPlace, JobProblem, Pattern, PlaceholderWords,
    Proximity, ProximityUnit, Rule, SessionFailure, StoreId, Timestamp,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;

#[derive(Serialize, Deserialize)]
struct ColumnRecord {
    name: String,
    searchable: bool,
    key: bool,
    data_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    width: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    case_sensitive: bool,
    fold_diacritics: bool,
    ignored: String,
}

#[derive(Serialize, Deserialize)]
struct PatternRecord {
    confidence: u8,
    primary: Option<String>,
    unit: String,
    distance: u32,
    or_same_row: bool,
    supporting: Vec<GroupRecord>,
    not_counted: Vec<String>,
    void_if: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct GroupRecord {
    min_matches: u32,
    max_matches: Option<u32>,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct RuleRecord {
    recommended_confidence: u8,
    redact_confidence: u8,
    patterns: Vec<PatternRecord>,
}

#[derive(Serialize, Deserialize)]
struct FailureRecord {
    code: String,
    message: String,
    target: Option<String>,
    at: i64,
}

#[derive(Serialize, Deserialize)]
struct ProblemRecord {
    code: String,
    message: String,
    target: Option<String>,
}

/// No field here or below contains text that was scanned.
#[derive(Serialize, Deserialize)]
struct FindingRecord {
    type_id: String,
    name: String,
    confidence: u8,
    recommended_confidence: u8,
    unique_count: u32,
    counts: Vec<(u8, u32)>,
    matches: Vec<MatchRecord>,
}

#[derive(Serialize, Deserialize)]
struct MatchRecord {
    offset: u64,
    length: u64,
    column: String,
    confidence: u8,
    evidences: Vec<EvidenceRecord>,
}

#[derive(Serialize, Deserialize)]
struct EvidenceRecord {
    offset: u64,
    length: u64,
    column: String,
    counted: bool,
}

fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("records are strings, numbers and lists of them, which JSON can hold")
}

fn from_json<T: DeserializeOwned>(text: &str, context: &'static str) -> Result<T, Error> {
    serde_json::from_str(text)
        .map_err(|source| Error::with_source(crate::ErrorKind::Corrupt, context, source))
}

pub(crate) fn write_columns(columns: &Columns) -> String {
    let records: Vec<ColumnRecord> = columns
        .as_slice()
        .iter()
        .map(|column| ColumnRecord {
            name: column.name.clone(),
            searchable: column.searchable,
            key: column.key,
            data_type: column.rule.data_type.as_str().to_owned(),
            width: column.rule.data_type.options().width,
            country: column.rule.data_type.options().country.map(|country| country.as_str().to_owned()),
            order: column.rule.data_type.options().order.map(|order| order.as_str().to_owned()),
            case_sensitive: column.rule.case == CaseRule::Sensitive,
            fold_diacritics: column.rule.diacritics == DiacriticRule::Fold,
            ignored: column.rule.delimiters.as_slice().iter().collect(),
        })
        .collect();
    to_json(&records)
}

pub(crate) fn read_columns(text: &str) -> Result<Columns, Error> {
    let records: Vec<ColumnRecord> = from_json(text, "columns")?;
    let mut columns = Vec::with_capacity(records.len());
    for record in records {
        let data_type = read_data_type(&record)?;
        let delimiters =
            Delimiters::new(record.ignored.chars()).map_err(|_| Error::corrupt("delimiters of a column"))?;
        let rule = Rule {
            data_type,
            case: if record.case_sensitive { CaseRule::Sensitive } else { CaseRule::Insensitive },
            diacritics: if record.fold_diacritics { DiacriticRule::Fold } else { DiacriticRule::Keep },
            delimiters,
        };
        columns.push(Column { name: record.name, searchable: record.searchable, key: record.key, rule });
    }
    if columns.is_empty() {
        return Ok(Columns::none());
    }
    Columns::new(columns).map_err(|source| Error::with_source(crate::ErrorKind::Corrupt, "columns", source))
}

/// Writes a store's placeholders.
pub(crate) fn write_placeholders(words: &PlaceholderWords) -> String {
    serde_json::to_string(words.as_slice()).expect("a list of texts is JSON")
}

/// Reads a store's placeholders.
pub(crate) fn read_placeholders(text: &str) -> Result<PlaceholderWords, Error> {
    let words: Vec<String> = from_json(text, "placeholders")?;
    PlaceholderWords::new(words)
        .map_err(|source| Error::with_source(crate::ErrorKind::Corrupt, "placeholders", source))
}

/// Compares two stored lists of placeholders as sets. An empty text is the list of the usual ones.
pub(crate) fn compare_placeholders(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let words = |text: &str| match text {
        "" => Ok(PlaceholderWords::usual()),
        text => read_placeholders(text),
    };
    match (words(left), words(right)) {
        (Ok(one), Ok(other)) => one.as_set().cmp(&other.as_set()),
        // What cannot be read is reported where its row is read.
        _ => left.cmp(right),
    }
}

fn read_data_type(record: &ColumnRecord) -> Result<DataType, Error> {
    let corrupt = || Error::corrupt("data type of a column");
    let country = |letters: &String| {
        let letters = letters.as_bytes().try_into().ok();
        letters.and_then(Country::restored).ok_or_else(corrupt)
    };
    let options = DataTypeOptions {
        width: record.width,
        country: record.country.as_ref().map(country).transpose()?,
        order: record
            .order
            .as_deref()
            .map(|order| DateOrder::from_word(order).ok_or_else(corrupt))
            .transpose()?,
    };
    DataType::from_word(&record.data_type, options).ok_or_else(corrupt)
}

const UNITS: [ProximityUnit; 4] =
    [ProximityUnit::Characters, ProximityUnit::Words, ProximityUnit::Row, ProximityUnit::Document];

const fn unit_word(unit: ProximityUnit) -> &'static str {
    match unit {
        ProximityUnit::Characters => "characters",
        ProximityUnit::Words => "words",
        ProximityUnit::Row => "row",
        ProximityUnit::Document => "document",
    }
}

pub(crate) fn write_rule(rule: &ExactMatchRule) -> String {
    let patterns = rule
        .patterns
        .iter()
        .map(|pattern| PatternRecord {
            confidence: pattern.confidence,
            primary: pattern.primary.clone(),
            unit: unit_word(pattern.proximity.unit).to_owned(),
            distance: pattern.proximity.distance,
            or_same_row: pattern.proximity.or_same_row,
            supporting: pattern
                .supporting
                .iter()
                .map(|group| GroupRecord {
                    min_matches: group.min_matches,
                    max_matches: group.max_matches,
                    columns: group.columns.clone(),
                })
                .collect(),
            not_counted: pattern.not_counted.clone(),
            void_if: pattern.void_if.clone(),
        })
        .collect();
    to_json(&RuleRecord {
        recommended_confidence: rule.recommended_confidence,
        redact_confidence: rule.redact_confidence,
        patterns,
    })
}

pub(crate) fn read_rule(text: &str, store_id: StoreId) -> Result<ExactMatchRule, Error> {
    let record: RuleRecord = from_json(text, "rule of a sensitive type")?;
    let mut patterns = Vec::with_capacity(record.patterns.len());
    for pattern in record.patterns {
        let unit = UNITS
            .into_iter()
            .find(|unit| unit_word(*unit) == pattern.unit)
            .ok_or_else(|| Error::corrupt("proximity of a pattern"))?;
        patterns.push(Pattern {
            confidence: pattern.confidence,
            primary: pattern.primary,
            proximity: Proximity { unit, distance: pattern.distance, or_same_row: pattern.or_same_row },
            supporting: pattern
                .supporting
                .into_iter()
                .map(|group| EvidenceGroup {
                    min_matches: group.min_matches,
                    max_matches: group.max_matches,
                    columns: group.columns,
                })
                .collect(),
            not_counted: pattern.not_counted,
            void_if: pattern.void_if,
        });
    }
    if !(1..=100).contains(&record.redact_confidence) {
        return Err(Error::corrupt("redact confidence of a sensitive type"));
    }
    Ok(ExactMatchRule {
        store_id,
        recommended_confidence: record.recommended_confidence,
        redact_confidence: record.redact_confidence,
        patterns,
    })
}

pub(crate) fn write_failure(failure: &SessionFailure) -> String {
    to_json(&FailureRecord {
        code: failure.code.clone(),
        message: failure.message.clone(),
        target: failure.target.clone(),
        at: failure.at.as_micros(),
    })
}

pub(crate) fn read_failure(text: &str) -> Result<SessionFailure, Error> {
    let record: FailureRecord = from_json(text, "failure of a session")?;
    Ok(SessionFailure {
        code: record.code,
        message: record.message,
        target: record.target,
        at: Timestamp::from_micros(record.at),
    })
}

pub(crate) fn write_problems(problems: &[JobProblem]) -> String {
    let record = |problem: &JobProblem| ProblemRecord {
        code: problem.code.clone(),
        message: problem.message.clone(),
        target: problem.target.clone(),
    };
    to_json(&problems.iter().map(record).collect::<Vec<_>>())
}

pub(crate) fn read_problems(text: &str) -> Result<Vec<JobProblem>, Error> {
    let records: Vec<ProblemRecord> = from_json(text, "problems of a job")?;
    let problem = |record: ProblemRecord| JobProblem {
        code: record.code,
        message: record.message,
        target: record.target,
    };
    Ok(records.into_iter().map(problem).collect())
}

pub(crate) fn write_findings(findings: &[JobFinding]) -> String {
    let evidence = |(place, counted): &(JobPlace, bool)| EvidenceRecord {
        offset: place.offset,
        length: place.length,
        column: place.column.clone(),
        counted: *counted,
    };
    let matched = |found: &JobMatch| MatchRecord {
        offset: found.place.offset,
        length: found.place.length,
        column: found.place.column.clone(),
        confidence: found.confidence,
        evidences: found.evidences.iter().map(evidence).collect(),
    };
    let record = |finding: &JobFinding| FindingRecord {
        type_id: finding.type_id.to_string(),
        name: finding.name.clone(),
        confidence: finding.confidence,
        recommended_confidence: finding.recommended_confidence,
        unique_count: finding.unique_count,
        counts: finding.counts.clone(),
        matches: finding.matches.iter().map(matched).collect(),
    };
    to_json(&findings.iter().map(record).collect::<Vec<_>>())
}

pub(crate) fn read_findings(text: &str) -> Result<Vec<JobFinding>, Error> {
    let records: Vec<FindingRecord> = from_json(text, "findings of a job")?;
    let evidence = |record: EvidenceRecord| {
        let place = JobPlace { offset: record.offset, length: record.length, column: record.column };
        (place, record.counted)
    };
    let matched = |record: MatchRecord| JobMatch {
        place: JobPlace { offset: record.offset, length: record.length, column: record.column },
        confidence: record.confidence,
        evidences: record.evidences.into_iter().map(evidence).collect(),
    };
    let finding = |record: FindingRecord| {
        Ok(JobFinding {
            type_id: record.type_id.parse().map_err(|_| Error::corrupt("type of a finding"))?,
            name: record.name,
            confidence: record.confidence,
            recommended_confidence: record.recommended_confidence,
            unique_count: record.unique_count,
            counts: record.counts,
            matches: record.matches.into_iter().map(matched).collect(),
        })
    };
    records.into_iter().map(finding).collect()
}

pub(crate) fn write_words(words: &[String]) -> String {
    to_json(&words)
}

pub(crate) fn write_lowercase(texts: &std::collections::BTreeMap<&str, String>) -> String {
    to_json(texts)
}

pub(crate) fn read_words(text: &str) -> Result<Vec<String>, Error> {
    from_json(text, "list of words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_back_as_they_were_written() {
        let columns = Columns::new(vec![
            Column::text("ssn").searchable().ignoring(Delimiters::new(['-', ' ']).expect("no letters")),
            Column::text("Größe").case_sensitive().folding_diacritics(),
            Column::text("account").searchable().typed(DataType::Digits { width: Some(12) }),
            Column::text("mail").typed(DataType::Email),
            Column::text("name").typed(DataType::Name),
            Column::text("number").typed(DataType::Ssn),
            Column::text("phone").typed(DataType::Phone { country: Country::new("GB") }),
            Column::text("born").typed(DataType::Date { order: Some(DateOrder::DayMonthYear) }),
            Column::text("joined").typed(DataType::Date { order: None }),
        ])
        .expect("valid columns");
        assert_eq!(read_columns(&write_columns(&columns)).expect("reads"), columns);
    }

    #[test]
    fn columns_written_by_the_first_release_are_still_read() {
        let written = r#"[{"name":"ssn","searchable":true,"key":false,"data_type":"text","case_sensitive":false,"fold_diacritics":false,"ignored":"-"}]"#;
        assert_eq!(write_columns(&read_columns(written).expect("reads")), written);
    }

    #[test]
    fn rules_come_back_as_they_were_written() {
        let pattern = Pattern {
            confidence: 85,
            primary: Some("ssn".into()),
            proximity: Proximity { unit: ProximityUnit::Document, distance: 7, or_same_row: false },
            supporting: vec![EvidenceGroup {
                min_matches: 2,
                max_matches: Some(3),
                columns: vec!["a".into()],
            }],
            not_counted: vec!["b".into()],
            void_if: vec!["c".into()],
        };
        let rule = ExactMatchRule {
            store_id: StoreId::from_bytes([7; 16]),
            recommended_confidence: 80,
            redact_confidence: 65,
            patterns: vec![pattern],
        };
        let written = write_rule(&rule);
        assert_eq!(read_rule(&written, rule.store_id).expect("reads"), rule);
        // A missing or invalid redaction confidence is an error, never a guess.
        for broken in [r#""other":65"#, r#""redact_confidence":0"#, r#""redact_confidence":101"#] {
            let broken = written.replace(r#""redact_confidence":65"#, broken);
            let kind = read_rule(&broken, rule.store_id).expect_err("refused").kind();
            assert_eq!(kind, crate::ErrorKind::Corrupt, "{broken}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_corrupt() {
        for text in ["", "{}", r#"[{"name":"a"}]"#] {
            let kind = read_columns(text).expect_err("refused").kind();
            assert_eq!(kind, crate::ErrorKind::Corrupt, "{text}");
        }
    }
}
