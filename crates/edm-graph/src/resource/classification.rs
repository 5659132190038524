//! The actions `classifyExactMatches` and `redactExactMatches`: what they take and what they answer.

use std::borrow::Cow;

use edm_model::limits;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::body::{BodyError, BodyErrorKind, Given, Reader, check_length};
use crate::error::{ClassificationError, ErrorEnvelope};
use crate::text_object::TextObject;

/// The confidence from which `redactExactMatches` covers a match.
const REDACT_CONFIDENCE_DEFAULT: u8 = 75;
/// Bytes of the longest text: the body that carries it is bounded already.
const TEXT_CHARACTERS_MAX: usize = limits::JSON_BODY_BYTES_MAX;
/// The options of a text that is not in a JSON body.
const QUERY_OPTIONS: &[&str] = &[
    "sensitiveTypeIds",
    "minimumConfidence",
    "explain",
    "timeoutInMs",
    "exempt",
    "contentClassifications",
    "includeValues",
];
const REPLACEMENTS: &[&str] = &["mask", "label", "token"];

/// The body of `classifyExactMatches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyRequest<'a> {
    /// The text to look in.
    pub text: Cow<'a, str>,
    /// What to look for, and how.
    pub options: ClassifyOptions,
}

/// What to look for in a text, and how: in the body beside the text, or in the query where the body is the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyOptions {
    /// The types to look for, as sent; empty is all.
    pub sensitive_type_ids: Vec<String>,
    /// When to stop and answer with what was found.
    pub timeout_ms: Option<u64>,
    /// Places that the caller found already; empty is everywhere.
    pub candidates: Vec<CandidateSpan>,
    /// Whether to say why values that were found are no match.
    pub explain: bool,
    /// Matches below it are left out.
    pub minimum_confidence: u8,
    /// Rows that hold one of these values in this column are exempt.
    pub exempt: Vec<(String, Vec<String>)>,
}

/// A place in the text, in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateSpan {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

impl<'a> ClassifyRequest<'a> {
    /// Reads the body. Fails as [`parse_object`](crate::parse_object) does, and with the path of the first property that is
    /// wrong.
    pub fn read(bytes: &'a [u8]) -> Result<Self, BodyError> {
        // What a text is called matters to lines alone.
        let TextObject { text, others, .. } = TextObject::parse(bytes)?;
        let reader = Reader::new(&others);
        let text = read_text(text, &reader)?;
        Ok(Self { text, options: ClassifyOptions::read(&reader)? })
    }
}

fn read_text<'a>(text: Option<Cow<'a, str>>, others: &Reader<'_>) -> Result<Cow<'a, str>, BodyError> {
    match text {
        Some(text) => check_length(&text, TEXT_CHARACTERS_MAX, || others.target("text")).map(|()| text),
        None => others.needed("text", others.text("text", TEXT_CHARACTERS_MAX)?).map(Cow::Owned),
    }
}

impl ClassifyOptions {
    pub(super) fn read(reader: &Reader<'_>) -> Result<Self, BodyError> {
        Ok(Self {
            sensitive_type_ids: read_type_ids(reader)?,
            timeout_ms: read_timeout(reader)?,
            candidates: read_candidates(reader)?,
            explain: reader.boolean("explain")?.into_option().unwrap_or(false),
            minimum_confidence: read_confidence(reader)?.unwrap_or(1),
            exempt: read_exempt(reader)?,
        })
    }

    /// Reads the options from a query: `sensitiveTypeIds` apart by commas, every other value as the JSON that it would be
    /// in a body. Options that begin with `$` are OData's and left to others. Fails with the name of the first one that is
    /// wrong, not known or given twice: a misspelt one would change what is found without a word.
    pub fn from_query(query: Option<&str>) -> Result<Self, BodyError> {
        let mut fields = Map::new();
        for pair in query.unwrap_or("").split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text| {
                percent_decode_str(text).decode_utf8().map_err(|_| {
                    let expected = "percent-encoded UTF-8";
                    BodyError::at(BodyErrorKind::WrongType { expected }, name)
                })
            };
            let (name, value) = (decode(name)?, decode(value)?);
            if name.starts_with('$') {
                continue;
            }
            if !QUERY_OPTIONS.contains(&name.as_ref()) {
                return Err(BodyError::at(BodyErrorKind::UnknownQueryOption { known: QUERY_OPTIONS }, name));
            }
            let value = match name.as_ref() {
                "sensitiveTypeIds" => {
                    Value::from(value.split(',').filter(|id| !id.is_empty()).collect::<Vec<&str>>())
                }
                _ => serde_json::from_str(&value).unwrap_or_else(|_| Value::from(value.as_ref())),
            };
            if fields.insert(name.clone().into_owned(), value).is_some() {
                return Err(BodyError::at(BodyErrorKind::RepeatedQueryOption, name));
            }
        }
        Self::read(&Reader::new(&fields))
    }
}

/// One line of `application/x-ndjson`: a text with a name that its result bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLine<'a> {
    /// A text or a number; `null` if there is none.
    pub id: Value,
    /// The text to look in.
    pub text: Cow<'a, str>,
}

impl<'a> TextLine<'a> {
    /// Reads a line. Fails with what could be read of its id.
    pub fn read(line: &'a [u8]) -> Result<Self, (Value, BodyError)> {
        let TextObject { text, id, others } =
            TextObject::parse(line).map_err(|error| (Value::Null, error))?;
        let reader = Reader::new(&others);
        let id = match id.unwrap_or(Value::Null) {
            Value::String(id) if id.chars().count() > limits::TEXT_CHARACTERS_MAX => None,
            id @ (Value::String(_) | Value::Number(_) | Value::Null) => Some(id),
            _ => None,
        };
        let Some(id) = id else {
            let expected = "a text of at most 4096 characters or a number";
            return Err((Value::Null, reader.error(BodyErrorKind::WrongType { expected }, "id")));
        };
        match read_text(text, &reader) {
            Ok(text) => Ok(Self { id, text }),
            Err(error) => Err((id, error)),
        }
    }
}

/// The result of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineResult {
    /// The line's.
    pub id: Value,
    /// Its number, the first is 1.
    pub line: u64,
    /// What was found.
    #[serde(flatten)]
    pub outcome: LineOutcome,
}

/// What came of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LineOutcome {
    /// It could not be looked at; lines behind it are.
    Failed(ErrorEnvelope),
    /// It was looked at.
    Classified(ClassificationResult),
}

/// How a match is covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplacementWord {
    /// As many full blocks as the value has characters.
    Mask,
    /// The column's name.
    Label,
    /// The column's name and a stable pseudonym.
    Token,
}

/// The body of `redactExactMatches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactRequest {
    /// The text to cover matches in.
    pub text: String,
    /// The types to look for, as sent; empty is all.
    pub sensitive_type_ids: Vec<String>,
    /// Matches below it stay.
    pub minimum_confidence: u8,
    /// How a match is covered.
    pub replacement: ReplacementWord,
    /// When to give up: half a redaction is none.
    pub timeout_ms: Option<u64>,
}

impl RedactRequest {
    /// Reads the body. Fails with the path of the first property that is wrong.
    pub fn read(body: &Map<String, Value>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        Ok(Self {
            text: reader.needed("text", reader.text("text", TEXT_CHARACTERS_MAX)?)?,
            sensitive_type_ids: read_type_ids(&reader)?,
            minimum_confidence: read_confidence(&reader)?.unwrap_or(REDACT_CONFIDENCE_DEFAULT),
            replacement: match reader.word("replacement", REPLACEMENTS)?.into_option() {
                Some("label") => ReplacementWord::Label,
                Some("token") => ReplacementWord::Token,
                _ => ReplacementWord::Mask,
            },
            timeout_ms: read_timeout(&reader)?,
        })
    }
}

fn read_type_ids(reader: &Reader<'_>) -> Result<Vec<String>, BodyError> {
    let ids = reader.texts("sensitiveTypeIds", limits::REQUEST_ITEMS_MAX, limits::NAME_CHARACTERS_MAX)?;
    Ok(ids.into_option().unwrap_or_default())
}

fn read_confidence(reader: &Reader<'_>) -> Result<Option<u8>, BodyError> {
    let confidence = reader.integer32("minimumConfidence", 1..=100)?.into_option();
    Ok(confidence.and_then(|confidence| u8::try_from(confidence).ok()))
}

/// `timeoutInMs` is a string in the action and an integer in the complex type: both are read.
fn read_timeout(reader: &Reader<'_>) -> Result<Option<u64>, BodyError> {
    let range = 1..=u64::from(i32::MAX.unsigned_abs());
    let Given::Value(Value::String(text)) = reader.value("timeoutInMs") else {
        return Ok(reader.integer("timeoutInMs", range)?.into_option());
    };
    match text.trim().parse::<u64>() {
        Ok(milliseconds) if range.contains(&milliseconds) => Ok(Some(milliseconds)),
        _ => {
            let outside = BodyErrorKind::OutOfRange { min: *range.start(), max: *range.end() };
            Err(reader.error(outside, "timeoutInMs"))
        }
    }
}

fn read_candidates(reader: &Reader<'_>) -> Result<Vec<CandidateSpan>, BodyError> {
    let mut spans = Vec::new();
    let found = reader.objects("contentClassifications", limits::REQUEST_ITEMS_MAX)?;
    for classification in found.into_option().unwrap_or_default() {
        let matches = classification.objects("matches", limits::REQUEST_ITEMS_MAX)?.into_option();
        for place in matches.unwrap_or_default() {
            let bound = 0..=u64::from(i32::MAX.unsigned_abs());
            let offset = place.needed("offset", place.integer("offset", bound.clone())?)?;
            let length = place.needed("length", place.integer("length", bound)?)?;
            spans.push(CandidateSpan { offset, length });
            if spans.len() > limits::REQUEST_ITEMS_MAX {
                let many = BodyErrorKind::TooMany { count_max: limits::REQUEST_ITEMS_MAX };
                return Err(reader.error(many, "contentClassifications"));
            }
        }
    }
    Ok(spans)
}

fn read_exempt(reader: &Reader<'_>) -> Result<Vec<(String, Vec<String>)>, BodyError> {
    let Some(exempt) = reader.object("exempt")?.into_option() else {
        return Ok(Vec::new());
    };
    let mut read = Vec::new();
    for name in exempt.names() {
        let values = exempt.texts(name, limits::REQUEST_ITEMS_MAX, limits::CELL_BYTES_MAX)?;
        read.push((name.to_owned(), values.into_option().unwrap_or_default()));
        if read.len() > limits::COLUMNS_MAX {
            return Err(reader.error(BodyErrorKind::TooMany { count_max: limits::COLUMNS_MAX }, "exempt"));
        }
    }
    Ok(read)
}

/// `exactMatchClassificationResult`. What has neither `classification` nor `errors` is another answer, and no text in which
/// nothing was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassificationResult {
    /// One element for each type that matched.
    pub classification: Vec<DetectedContent>,
    /// What could not be done: unknown types, time out.
    pub errors: Vec<ClassificationError>,
    /// When explained, or when a limit was reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// The answer of `redactExactMatches`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactionResult {
    /// The text with its matches covered.
    pub text: String,
    /// What was covered.
    pub classification: Vec<DetectedContent>,
    /// What could not be done.
    pub errors: Vec<ClassificationError>,
    /// Matches that were found and left in the text, because their confidence is below what is covered.
    #[serde(default)]
    pub below_threshold_count: u32,
}

/// `exactMatchDetectedSensitiveContent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DetectedContent {
    /// The type's id, a GUID.
    pub id: String,
    /// The type's name.
    pub display_name: String,
    /// Distinct primary values, or records where any column anchors.
    pub unique_count: u32,
    /// The best pattern reached.
    pub confidence: u8,
    /// From where a match should be acted on.
    pub recommended_confidence: u8,
    /// The matches in the order of the text.
    pub matches: Vec<ContentLocation>,
    /// Counts at each confidence.
    pub counts: Vec<ConfidenceCount>,
}

/// How much reached one confidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfidenceCount {
    /// The confidence.
    pub confidence: u8,
    /// Distinct values.
    pub unique_count: u32,
    /// Occurrences.
    pub match_count: u32,
}

/// `sensitiveContentLocation`; offsets count UTF-16 units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentLocation {
    /// The primary value as it stands in the text.
    pub id_match: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The pattern reached.
    pub confidence: u8,
    /// The facts around it.
    pub evidences: Vec<ContentEvidence>,
    /// The column that matched.
    pub column_name: String,
    /// The records that reach the pattern, the first below the header is 1.
    pub rows: Vec<u64>,
    /// Whether there are more records than listed.
    #[serde(skip_serializing_if = "is_false")]
    pub rows_truncated: bool,
    /// Parallel to `rows`: the session whose file it is.
    pub row_session_ids: Vec<String>,
}

/// `sensitiveContentEvidence`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentEvidence {
    /// The value as it stands in the text.
    #[serde(rename = "match")]
    pub matched: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The column that matched.
    pub column_name: String,
    /// Whether it counted.
    pub counted: bool,
}

/// `exactMatchDiagnostic`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Diagnostic {
    /// The type's id.
    pub classification_id: String,
    /// Limits that were reached.
    pub classification_limits: Vec<ClassificationLimit>,
    /// Values that were found and are no match.
    pub unmatched_items: Vec<UnmatchedItem>,
}

/// `classificationLimit`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassificationLimit {
    /// A stable word.
    pub code: String,
    /// The limit, at most what 32 bits hold.
    pub allowed_limit: i32,
    /// The types whose result it cut.
    pub impacted_sensitive_type_ids: Vec<String>,
}

/// `unmatched`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UnmatchedItem {
    /// Why: tooFewFacts, factTooFar, factOfAnotherRow, … (`docs/matching.md`, Explanations).
    pub code: String,
    /// The value as it stands in the text.
    pub id_match: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The column whose value it is.
    pub column_name: String,
    /// Sentences about the facts around it.
    pub corroborative_evidences: Vec<String>,
}

// serde asks for a function of a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}
