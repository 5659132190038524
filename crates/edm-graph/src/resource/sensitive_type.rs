//! `sensitiveType` and its `exactMatch` rule.

use edm_model::{
    EvidenceGroup, ExactMatchRule, Pattern, Proximity, ProximityUnit, RECOMMENDED_CONFIDENCE_DEFAULT,
    RuleDraft, StoreId, limits,
};
use serde::{Deserialize, Serialize};

use crate::body::{BodyError, BodyErrorKind, MaybeNull, Reader};
use crate::date_time::DateTimeOffset;
use crate::fields::Fields;
use crate::object::Object;
use crate::parse::FromBody;
use crate::query::Property;
use crate::schema::types::SENSITIVE_TYPE;

/// The only classification method of this service's types.
pub const CLASSIFICATION_METHOD: &str = "exactDataMatch";
/// The scopes of every type, written as a flags enum.
pub const SCOPE: &str = "fullDocument,partialDocument";

const METHODS: &[&str] = &[CLASSIFICATION_METHOD];
const UNITS: &[&str] = &["characters", "words", "row", "document"];

/// A sensitive type as Graph writes it, with this service's additions.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SensitiveTypeResource {
    /// The id, a GUID.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub id: String,
    /// The name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Who made it.
    pub publisher_name: Option<String>,
    /// Without meaning here.
    pub rule_package_id: Option<String>,
    /// Without meaning here.
    pub rule_package_type: Option<String>,
    /// Without meaning here.
    pub state: Option<String>,
    /// Always `exactDataMatch`.
    pub classification_method: Option<String>,
    /// When it was changed last.
    pub last_modified_date_time: Option<DateTimeOffset>,
    /// Flags.
    pub scope: Option<String>,
    /// Always `tenant`, since no type is built in.
    pub sensitive_type_source: Option<String>,
    /// What it matches.
    pub exact_match: Option<ExactMatchRuleResource>,
    /// Read-only: warnings about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

impl SensitiveTypeResource {
    /// The name in `@odata.type`.
    pub const TYPE: &'static str = "sensitiveType";
    /// What `$select`, `$filter` and `$orderby` may name.
    pub const PROPERTIES: &'static [Property] =
        &SENSITIVE_TYPE.query_properties::<{ SENSITIVE_TYPE.property_count() }>();
}

/// `exactMatchRule`, our addition to a sensitive type: the store and its patterns.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ExactMatchRuleResource {
    /// The store whose records are searched for.
    pub data_store_id: String,
    /// The confidence from which a match should be acted on.
    pub recommended_confidence: u8,
    /// The confidence from which a redaction covers a match. When a type is created, absence means
    /// the default of its columns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redact_confidence: Option<u8>,
    /// The patterns, in any order.
    pub patterns: Vec<PatternResource>,
}

/// One pattern of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PatternResource {
    /// 1 to 100.
    pub confidence: u8,
    /// The column of the primary value; null is any searchable one.
    pub primary: Option<String>,
    /// How near the evidence must be.
    pub proximity: ProximityResource,
    /// Groups of evidence.
    pub supporting: Vec<EvidenceGroupResource>,
    /// Columns whose values are shown and never count.
    pub not_counted: Vec<String>,
    /// Columns whose values near the primary value void the match.
    pub void_if: Vec<String>,
}

/// How near the evidence must be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProximityResource {
    /// characters, words, row or document.
    pub unit: String,
    /// Without meaning for row and document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance: Option<u32>,
    /// Whether values in the same row of a table in the text count at any distance.
    pub or_same_row: bool,
}

/// One group of evidence.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EvidenceGroupResource {
    /// The number of facts that are required.
    pub min_matches: u32,
    /// With more facts than this the pattern fails.
    pub max_matches: Option<u32>,
    /// The columns whose values may be the facts.
    pub columns: Vec<String>,
}

impl From<&ExactMatchRule> for ExactMatchRuleResource {
    fn from(rule: &ExactMatchRule) -> Self {
        Self {
            data_store_id: rule.store_id.to_string(),
            recommended_confidence: rule.recommended_confidence,
            redact_confidence: Some(rule.redact_confidence),
            patterns: rule.patterns.iter().map(PatternResource::from).collect(),
        }
    }
}

impl From<&Pattern> for PatternResource {
    fn from(pattern: &Pattern) -> Self {
        let group = |group: &EvidenceGroup| EvidenceGroupResource {
            min_matches: group.min_matches,
            max_matches: group.max_matches,
            columns: group.columns.clone(),
        };
        Self {
            confidence: pattern.confidence,
            primary: pattern.primary.clone(),
            proximity: ProximityResource::from(pattern.proximity),
            supporting: pattern.supporting.iter().map(group).collect(),
            not_counted: pattern.not_counted.clone(),
            void_if: pattern.void_if.clone(),
        }
    }
}

impl From<Proximity> for ProximityResource {
    fn from(proximity: Proximity) -> Self {
        let (unit, distance) = match proximity.unit {
            ProximityUnit::Characters => ("characters", Some(proximity.distance)),
            ProximityUnit::Words => ("words", Some(proximity.distance)),
            ProximityUnit::Row => ("row", None),
            ProximityUnit::Document => ("document", None),
        };
        Self { unit: unit.to_owned(), distance, or_same_row: proximity.or_same_row }
    }
}

/// What a POST creates a type from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SensitiveTypeDraft {
    /// The name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Who made it.
    pub publisher_name: Option<String>,
    /// What it matches.
    pub rule: RuleDraft,
}

impl FromBody for SensitiveTypeDraft {
    const FIELDS: Fields = Fields::Create(&SENSITIVE_TYPE);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        let change = SensitiveTypeChange::read(body)?;
        Ok(Self {
            name: reader.needed("name", change.name)?,
            description: change.description.into_option(),
            publisher_name: change.publisher_name.into_option(),
            rule: reader.needed("exactMatch", change.rule)?,
        })
    }
}

/// What a PATCH may change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SensitiveTypeChange {
    /// The name; never null.
    pub name: MaybeNull<String>,
    /// Free text.
    pub description: MaybeNull<String>,
    /// Who made it.
    pub publisher_name: MaybeNull<String>,
    /// What it matches; never null.
    pub rule: MaybeNull<RuleDraft>,
}

impl FromBody for SensitiveTypeChange {
    const FIELDS: Fields = Fields::Change(&SENSITIVE_TYPE);

    fn read(body: &Object<'_>) -> Result<Self, BodyError> {
        let reader = Reader::new(body);
        let name = reader.text("name", limits::NAME_CHARACTERS_MAX)?;
        if name == MaybeNull::Null || matches!(&name, MaybeNull::Value(name) if name.trim().is_empty()) {
            return Err(reader.error(BodyErrorKind::Missing, "name"));
        }
        reader.word("classificationMethod", METHODS)?;
        let rule = match reader.object("exactMatch")? {
            MaybeNull::Absent => MaybeNull::Absent,
            MaybeNull::Null => return Err(reader.error(BodyErrorKind::Missing, "exactMatch")),
            MaybeNull::Value(rule) => MaybeNull::Value(read_rule(&rule)?),
        };
        Ok(Self {
            name,
            description: reader.text("description", limits::TEXT_CHARACTERS_MAX)?,
            publisher_name: reader.text("publisherName", limits::NAME_CHARACTERS_MAX)?,
            rule,
        })
    }
}

fn read_rule(reader: &Reader<'_>) -> Result<RuleDraft, BodyError> {
    let store = reader.needed("dataStoreId", reader.text("dataStoreId", limits::NAME_CHARACTERS_MAX)?)?;
    let store_id: StoreId = store.parse().map_err(|_| reader.error(BodyErrorKind::NotAnId, "dataStoreId"))?;
    let patterns = reader.needed("patterns", reader.objects("patterns", limits::PATTERNS_MAX)?)?;
    let recommended = reader.integer32("recommendedConfidence", 1..=100)?.into_option();
    let redact = reader.integer32("redactConfidence", 1..=100)?.into_option();
    Ok(RuleDraft {
        store_id,
        recommended_confidence: confidence(recommended).unwrap_or(RECOMMENDED_CONFIDENCE_DEFAULT),
        redact_confidence: confidence(redact),
        patterns: patterns.iter().map(read_pattern).collect::<Result<_, _>>()?,
    })
}

fn read_pattern(reader: &Reader<'_>) -> Result<Pattern, BodyError> {
    let needed = reader.needed("confidence", reader.integer32("confidence", 1..=100)?)?;
    let supporting = reader.objects("supporting", limits::COLUMNS_MAX)?.into_option().unwrap_or_default();
    let proximity = match reader.object("proximity")?.into_option() {
        Some(proximity) => read_proximity(&proximity)?,
        None => Proximity::default(),
    };
    Ok(Pattern {
        confidence: confidence(Some(needed)).unwrap_or(RECOMMENDED_CONFIDENCE_DEFAULT),
        primary: reader.text("primary", limits::NAME_CHARACTERS_MAX)?.into_option(),
        proximity,
        supporting: supporting.iter().map(read_group).collect::<Result<_, _>>()?,
        not_counted: read_names(reader, "notCounted")?.unwrap_or_default(),
        void_if: read_names(reader, "voidIf")?.unwrap_or_default(),
    })
}

fn read_proximity(reader: &Reader<'_>) -> Result<Proximity, BodyError> {
    let default = Proximity::default();
    let unit = match reader.word("unit", UNITS)?.into_option() {
        Some("words") => ProximityUnit::Words,
        Some("row") => ProximityUnit::Row,
        Some("document") => ProximityUnit::Document,
        _ => ProximityUnit::Characters,
    };
    let distance = reader.integer32("distance", 0..=limits::PROXIMITY_MAX)?.into_option();
    let distance = match (unit, distance) {
        (_, Some(distance)) => distance,
        (ProximityUnit::Characters, None) => default.distance,
        (ProximityUnit::Words, None) => return Err(reader.error(BodyErrorKind::Missing, "distance")),
        (ProximityUnit::Row | ProximityUnit::Document, None) => 0,
    };
    let or_same_row = reader.boolean("orSameRow")?.into_option();
    Ok(Proximity { unit, distance, or_same_row: or_same_row.unwrap_or(unit == ProximityUnit::Characters) })
}

fn read_group(reader: &Reader<'_>) -> Result<EvidenceGroup, BodyError> {
    let columns_max = u32::try_from(limits::COLUMNS_MAX).unwrap_or(u32::MAX);
    let min_matches = reader.integer32("minMatches", 0..=columns_max)?.into_option().unwrap_or(1);
    let max_matches = reader.integer32("maxMatches", min_matches..=columns_max)?.into_option();
    let columns = read_names(reader, "columns")?.filter(|columns| !columns.is_empty());
    let columns = columns.ok_or_else(|| reader.error(BodyErrorKind::Missing, "columns"))?;
    Ok(EvidenceGroup { min_matches, max_matches, columns })
}

fn read_names(reader: &Reader<'_>, name: &str) -> Result<Option<Vec<String>>, BodyError> {
    Ok(reader.texts(name, limits::COLUMNS_MAX, limits::NAME_CHARACTERS_MAX)?.into_option())
}

fn confidence(number: Option<u32>) -> Option<u8> {
    number.and_then(|number| u8::try_from(number).ok())
}
