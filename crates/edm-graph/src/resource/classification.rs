//! The actions `classifyExactMatches` and `redactExactMatches`: their bodies and their answers.

use std::borrow::Cow;

use edm_model::{OffsetUnit, limits};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::body::{BodyError, BodyErrorKind, MaybeNull, Reader, check_length};
use crate::error::{ClassificationError, ErrorEnvelope};
use crate::fields::{Fields, Handling, Member};
use crate::ignored::Ignored;
use crate::object::{Node, Object};
use crate::parse::{FromBody, Reading};
use crate::schema::Action;
use crate::schema::actions::{CLASSIFY, REDACT};
use crate::schema::batches::TEXT_LINE;
use crate::text_object::TextObject;

/// The bytes of the longest text. The body that contains it is bounded already.
const TEXT_CHARACTERS_MAX: usize = limits::JSON_BODY_BYTES_MAX;
const REPLACEMENTS: &[&str] = &["mask", "label", "token"];

/// The body of `classifyExactMatches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyRequest<'a> {
    /// The text to search.
    pub text: Cow<'a, str>,
    /// What to look for, and how.
    pub options: ClassifyOptions,
}

/// What to look for in a text, and how. It is in the body beside the text, or in the query if the
/// body is the text itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifyOptions {
    /// The types to look for, as sent; empty is all.
    pub sensitive_type_ids: Vec<String>,
    /// When to stop and answer with what was found.
    pub timeout_ms: Option<u64>,
    /// Places that the caller has already found; empty means everywhere.
    pub candidates: Vec<CandidateSpan>,
    /// Whether to explain why values that were found are not matches.
    pub explain: bool,
    /// Matches below it are left out.
    pub minimum_confidence: u8,
    /// Rows with one of these values in this column are exempt.
    pub exempt: Vec<(String, Vec<String>)>,
    /// How places are given in the request and the answer.
    pub telling: Telling,
}

/// How an answer gives values and places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Telling {
    /// Whether it contains the values that were found.
    pub include_values: bool,
    /// The unit of offsets and lengths.
    pub offset_unit: OffsetUnit,
}

impl Default for Telling {
    /// Graph's defaults.
    fn default() -> Self {
        Self { include_values: true, offset_unit: OffsetUnit::Utf16 }
    }
}

impl Telling {
    fn read(reader: &Reader<'_>) -> Result<Self, BodyError> {
        let unit = reader.word("offsetUnit", OffsetUnit::WORDS)?.into_option();
        let default = Self::default();
        Ok(Self {
            include_values: reader.boolean("includeValues")?.into_option().unwrap_or(default.include_values),
            offset_unit: unit.and_then(OffsetUnit::from_word).unwrap_or(default.offset_unit),
        })
    }
}

/// A place in the text, in the requested unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CandidateSpan {
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

impl<'a> ClassifyRequest<'a> {
    /// Reads the body, and returns the ignored properties too. Fails as [`FromBody::parse`] does.
    pub fn parse(bytes: &'a [u8], wished: Option<Handling>) -> Result<(Self, Ignored), BodyError> {
        const FIELDS: Fields = Fields::Parameters(&CLASSIFY);
        let TextObject { text, others, ignored } = TextObject::parse(bytes, FIELDS)?;
        let ignored = ignored.handled(wished.unwrap_or(FIELDS.handling()))?;
        let reader = Reader::new(&others);
        let text = read_text(text, &reader)?;
        Ok((Self { text, options: ClassifyOptions::read(&reader)? }, ignored))
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
            telling: Telling::read(reader)?,
        })
    }

    /// Reads the options of an action from a query, and returns the ignored ones too.
    /// `sensitiveTypeIds` is separated by commas; every other value is the JSON that a body would
    /// have. Options that begin with `$` are OData's and skipped.
    ///
    /// Fails with the name of the first option that is wrong or repeated. Fails on unknown options
    /// unless they are to be ignored: a misspelt one would silently change what is found.
    pub fn from_query(
        query: Option<&str>,
        action: &'static Action,
        wished: Option<Handling>,
    ) -> Result<(Self, Ignored), BodyError> {
        let fields = Fields::Options(action);
        let pairs = query.unwrap_or("").split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(decoded).collect::<Result<Vec<(String, String)>, BodyError>>()?;
        let (mut options, mut reading) = (Object::default(), Reading::default());
        for (name, value) in pairs.iter().filter(|(name, _)| !name.starts_with('$')) {
            let Member::Read(known, shape) = fields.member(name) else {
                reading.ignored.note(fields, "", name);
                continue;
            };
            let text = || Node::Text(Cow::Borrowed(value.as_str()));
            reading.enter(known);
            let value = match known {
                "sensitiveTypeIds" => {
                    let ids = value.split(',').filter(|id| !id.is_empty());
                    Node::Elements(ids.map(|id| Node::Text(Cow::Borrowed(id))).collect())
                }
                _ => match reading.value(value.as_bytes(), shape) {
                    Err(error) if matches!(error.kind(), BodyErrorKind::NotJson { .. }) => text(),
                    read => read?,
                },
            };
            if options.set(Cow::Borrowed(known), value).is_some() {
                return Err(BodyError::at(BodyErrorKind::RepeatedQueryOption, known));
            }
        }
        let ignored = reading.ignored.handled(wished.unwrap_or(fields.handling()))?;
        Ok((Self::read(&Reader::new(&options))?, ignored))
    }
}

/// Returns the decoded name and value of a pair of a query.
fn decoded(pair: &str) -> Result<(String, String), BodyError> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let decode = |text| {
        let decoded = percent_decode_str(text).decode_utf8();
        decoded
            .map(Cow::into_owned)
            .map_err(|_| BodyError::at(BodyErrorKind::WrongType { expected: "percent-encoded UTF-8" }, name))
    };
    Ok((decode(name)?, decode(value)?))
}

/// One line of `application/x-ndjson`: a text with an id that its result repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextLine<'a> {
    /// A text or a number; `null` if there is none.
    pub id: Value,
    /// The text to search.
    pub text: Cow<'a, str>,
}

impl<'a> TextLine<'a> {
    /// Reads a line. Fails on unknown properties too, unless they are to be ignored. An error has
    /// the id if that could be read.
    pub fn read(line: &'a [u8], handling: Handling) -> Result<Self, (Value, BodyError)> {
        let TextObject { text, mut others, ignored } =
            TextObject::parse(line, Fields::Create(&TEXT_LINE)).map_err(|error| (Value::Null, error))?;
        let id = match others.remove("id").unwrap_or(Node::Null) {
            Node::Text(id) if id.chars().count() <= limits::TEXT_CHARACTERS_MAX => {
                Some(Value::String(id.into_owned()))
            }
            Node::Number(id) => Some(Value::Number(id)),
            Node::Null => Some(Value::Null),
            _ => None,
        };
        let reader = Reader::new(&others);
        let Some(id) = id else {
            let expected = "a text of at most 4096 characters or a number";
            return Err((Value::Null, reader.error(BodyErrorKind::WrongType { expected }, "id")));
        };
        match ignored.handled(handling).and_then(|_| read_text(text, &reader)) {
            Ok(text) => Ok(Self { id, text }),
            Err(error) => Err((id, error)),
        }
    }
}

/// The result of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineResult {
    /// The id of the line.
    pub id: Value,
    /// The line's number, counted from 1.
    pub line: u64,
    /// What was found.
    #[serde(flatten)]
    pub outcome: LineOutcome,
}

/// The outcome of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum LineOutcome {
    /// It could not be searched. Lines after it are.
    Failed(ErrorEnvelope),
    /// It was searched.
    Classified(ClassificationResult),
}

/// What replaces a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplacementWord {
    /// One full block (█) for each character of the value.
    Mask,
    /// The column's name.
    Label,
    /// The column's name and a stable pseudonym.
    Token,
}

/// The body of `redactExactMatches`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedactRequest {
    /// The text to redact.
    pub text: String,
    /// The types to look for, as sent; empty is all.
    pub sensitive_type_ids: Vec<String>,
    /// Matches below it are left; `None` means the confidence of each type.
    pub minimum_confidence: Option<u8>,
    /// What replaces a match.
    pub replacement: ReplacementWord,
    /// When to give up. A redaction of half the text is not returned.
    pub timeout_ms: Option<u64>,
    /// How the answer gives values and places.
    pub telling: Telling,
}

impl FromBody for RedactRequest {
    const FIELDS: Fields = Fields::Parameters(&REDACT);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        Ok(Self {
            text: reader.needed("text", reader.text("text", TEXT_CHARACTERS_MAX)?)?,
            sensitive_type_ids: read_type_ids(&reader)?,
            minimum_confidence: read_confidence(&reader)?,
            replacement: match reader.word("replacement", REPLACEMENTS)?.into_option() {
                Some("label") => ReplacementWord::Label,
                Some("token") => ReplacementWord::Token,
                _ => ReplacementWord::Mask,
            },
            timeout_ms: read_timeout(&reader)?,
            telling: Telling::read(&reader)?,
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

/// `timeoutInMs` is a string in the action and an integer in the complex type. Both are read.
fn read_timeout(reader: &Reader<'_>) -> Result<Option<u64>, BodyError> {
    let range = 1..=u64::from(i32::MAX.unsigned_abs());
    let MaybeNull::Value(Node::Text(text)) = reader.value("timeoutInMs") else {
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

/// `exactMatchClassificationResult`. An answer with neither `classification` nor `errors` is of
/// another kind, and does not mean that nothing was found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClassificationResult {
    /// One element for each type that matched.
    pub classification: Vec<DetectedContent>,
    /// What could not be done, such as unknown types or a timeout.
    pub errors: Vec<ClassificationError>,
    /// Present if explanations were requested or a limit was reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

/// The answer of `redactExactMatches`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RedactionResult {
    /// The text with its matches replaced.
    pub text: String,
    /// What was replaced.
    pub classification: Vec<DetectedContent>,
    /// Matches that were found and left in the text.
    pub below_threshold_count: u32,
    /// What could not be done.
    pub errors: Vec<ClassificationError>,
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

/// Counts at one confidence.
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

/// `sensitiveContentLocation`. Offsets are in the requested unit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentLocation {
    /// The primary value as in the text. It is empty only if values were not requested.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id_match: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The confidence of the pattern.
    pub confidence: u8,
    /// The facts near it.
    pub evidences: Vec<ContentEvidence>,
    /// The column that matched.
    pub column_name: String,
    /// The records that satisfy the pattern, counted from 1 after the header.
    pub rows: Vec<u64>,
    /// Whether there are more records than listed.
    #[serde(skip_serializing_if = "is_false")]
    pub rows_truncated: bool,
    /// Parallel to `rows`: the session that uploaded each.
    pub row_session_ids: Vec<String>,
}

/// `sensitiveContentEvidence`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContentEvidence {
    /// The value as in the text; empty if values were not requested.
    #[serde(rename = "match", skip_serializing_if = "String::is_empty")]
    pub matched: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The column that matched.
    pub column_name: String,
    /// Whether it counted for the pattern.
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
    /// Values that were found and are not matches.
    pub unmatched_items: Vec<UnmatchedItem>,
}

/// `classificationLimit`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClassificationLimit {
    /// A stable word.
    pub code: String,
    /// The value of the limit, capped at 32 bits.
    pub allowed_limit: i32,
    /// The types whose results it cut short.
    pub impacted_sensitive_type_ids: Vec<String>,
}

/// `unmatched`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UnmatchedItem {
    /// The reason: tooFewFacts, factTooFar, factOfAnotherRow, … (`docs/matching.md`, Explanations).
    pub code: String,
    /// The value as in the text; empty if values were not requested.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id_match: String,
    /// Where it begins.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
    /// The value's column.
    pub column_name: String,
    /// Sentences about the facts near it.
    pub corroborative_evidences: Vec<String>,
}

// serde requires a function that takes a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(value: &bool) -> bool {
    !value
}
