//! Generates random rows, each as the catalog takes it and as a client sees it. The JSON is written
//! from the documentation, not with the server's code.

use edm_graph::query::Property;
use edm_graph::{
    DataStoreResource, DateTimeOffset, SensitiveTypeResource, SessionResource, UploadAgentResource,
};
use edm_model::{
    AgentId, CaseRule, Column, Columns, DataStore, DataType, ExactMatchRule, KeyId, OnUnserved, PrincipalId,
    SensitiveType, SensitiveTypeId, Session, SessionFailure, SessionId, SessionState, StoreId, TenantId,
    Timestamp, TypeOrigin, UpdateMode, UploadAgent,
};
use serde_json::{Value, json};

use crate::generate::Choices;

/// The kind of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The sessions of a store.
    Sessions,
    /// The sessions as shown by a node that does not serve the live data yet.
    SessionsLiveNotServed,
    /// Data stores.
    Stores,
    /// Upload agents.
    Agents,
    /// Sensitive types.
    Types,
}

/// Every kind.
pub const KINDS: [Kind; 5] =
    [Kind::Sessions, Kind::SessionsLiveNotServed, Kind::Stores, Kind::Agents, Kind::Types];

impl Kind {
    /// Returns the properties that queries may name.
    pub const fn properties(self) -> &'static [Property] {
        match self {
            Kind::Sessions | Kind::SessionsLiveNotServed => SessionResource::PROPERTIES,
            Kind::Stores => DataStoreResource::PROPERTIES,
            Kind::Agents => UploadAgentResource::PROPERTIES,
            Kind::Types => SensitiveTypeResource::PROPERTIES,
        }
    }
}

pub(super) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
pub(super) const LIVE_KEY: KeyId = KeyId::from_bytes([3; 16]);
pub(super) const OLD_KEY: KeyId = KeyId::from_bytes([4; 16]);

/// Texts that are similar, differ only in case, or contain what SQL or its functions might
/// mishandle.
pub(super) const TEXTS: [&str; 18] = [
    "", "a", "A", "ab", "it's", "Größe", "GRÖSSE", "größe", "ΟΔΟΣ", "οδος", "İ", "%_%", "x\u{0}y", "\u{0}",
    "🔑", "null", "true", "\"q\\",
];

/// Makes timestamps close to each other, half of them with a fraction.
pub(super) fn moment(choices: &mut impl Choices) -> Timestamp {
    let micros = [0, 1, 500_000, 86_400_000_000, -1][choices.below(5)];
    Timestamp::from_micros(1_790_000_000_000_000 + micros)
}

pub(super) fn text(choices: &mut impl Choices) -> String {
    let mut text = choices.pick(&TEXTS).to_owned();
    if choices.chance(30) {
        text.push_str(choices.pick(&TEXTS));
    }
    text
}

fn maybe<T>(choices: &mut impl Choices, of: impl FnOnce(&mut dyn FnMut(usize) -> usize) -> T) -> Option<T> {
    choices.chance(65).then(|| of(&mut |bound| choices.below(bound)))
}

fn maybe_text(choices: &mut impl Choices) -> Option<String> {
    choices.chance(65).then(|| text(choices))
}

fn maybe_moment(choices: &mut impl Choices) -> Option<Timestamp> {
    choices.chance(65).then(|| moment(choices))
}

fn id(choices: &mut impl Choices) -> [u8; 16] {
    // Ids that differ only at the end, with hex letters of either nibble.
    std::array::from_fn(|place| [0x0A, 0x9F, 0xAB, 0x10][if place < 12 { 2 } else { choices.below(4) }])
}

fn shown(moment: Option<Timestamp>) -> Value {
    moment.map_or(Value::Null, |moment| json!(DateTimeOffset::new(moment).to_string()))
}

pub(super) fn agent(choices: &mut impl Choices) -> (UploadAgent, Value) {
    let agent = UploadAgent {
        id: AgentId::from_random_bytes(id(choices)),
        description: maybe_text(choices),
        created_at: moment(choices),
    };
    let shown = json!({
        "id": agent.id.to_string(),
        "creationDateTime": shown(Some(agent.created_at)),
        "description": agent.description,
    });
    (agent, shown)
}

pub(super) fn store(choices: &mut impl Choices, number: usize) -> (DataStore, SensitiveType, Value) {
    let names = ["ssn", "SSN", "Größe", "ΟΔΟΣ", "it's"];
    let columns = (0..choices.between(1, 3)).map(|position| {
        let mut column = Column::text(format!("{}{position}", names[choices.below(names.len())]));
        column.searchable = position == 0 || choices.chance(50);
        column.key = position == 0 && choices.chance(50);
        if choices.chance(50) {
            column = column.case_sensitive();
        }
        if choices.chance(50) {
            column = column.typed(DataType::Ssn);
        }
        if choices.chance(50) { column.folding_diacritics() } else { column }
    });
    let columns = Columns::new(columns.collect()).expect("a searchable column, and no name twice");
    let store = DataStore {
        id: StoreId::from_random_bytes(id(choices)),
        tenant: TENANT,
        name: format!("{}{number}", text(choices)),
        description: maybe_text(choices),
        columns,
        tokens_max: [1, 64, 65][choices.below(3)],
        placeholders: None,
        on_unserved: OnUnserved::ALL[choices.below(OnUnserved::ALL.len())],
        created_at: moment(choices),
        updated_at: moment(choices),
        data_updated_at: None,
        live: None,
    };
    let default_type = SensitiveType {
        id: SensitiveTypeId::from_random_bytes(id(choices)),
        name: store.name.clone(),
        description: None,
        publisher: None,
        origin: TypeOrigin::StoreDefault,
        rule: ExactMatchRule {
            store_id: store.id,
            recommended_confidence: 75,
            redact_confidence: 75,
            patterns: Vec::new(),
        },
        created_at: store.created_at,
        modified_at: store.created_at,
    };
    let column = |column: &Column| {
        json!({
            "name": column.name,
            "isSearchable": column.searchable,
            "isCaseInsensitive": column.rule.case == CaseRule::Insensitive,
            "dataType": column.rule.data_type.as_str(),
            "isKey": column.key,
            "foldDiacritics": column.rule.diacritics == edm_model::DiacriticRule::Fold,
        })
    };
    let shown = json!({
        "id": store.id.to_string(),
        "columns": store.columns.as_slice().iter().map(column).collect::<Vec<Value>>(),
        "dataLastUpdatedDateTime": null,
        "description": store.description,
        "displayName": store.name,
        "rowCount": 0,
        "generation": 0,
        "activeSessionId": null,
        "maximumNumberOfTokens": store.tokens_max,
        "mustUploadAgain": false,
        "canRollBack": false,
        "onUnserved": store.on_unserved.as_str(),
    });
    (store, default_type, shown)
}

/// Makes a type as a person writes it.
pub(super) fn sensitive_type(
    choices: &mut impl Choices,
    number: usize,
    store_id: StoreId,
) -> (SensitiveType, Value) {
    let sensitive_type = SensitiveType {
        id: SensitiveTypeId::from_random_bytes(id(choices)),
        name: format!("{}{number}", text(choices)),
        description: maybe_text(choices),
        publisher: maybe_text(choices),
        origin: TypeOrigin::Own,
        rule: ExactMatchRule {
            store_id,
            recommended_confidence: [65, 75, 85][choices.below(3)],
            redact_confidence: [65, 75][choices.below(2)],
            patterns: Vec::new(),
        },
        created_at: moment(choices),
        modified_at: moment(choices),
    };
    let shown = shown_type(&sensitive_type);
    (sensitive_type, shown)
}

pub(super) fn shown_type(known: &SensitiveType) -> Value {
    json!({
        "id": known.id.to_string(),
        "name": known.name,
        "description": known.description,
        "publisherName": known.publisher,
        "rulePackageId": null,
        "rulePackageType": null,
        "state": null,
        "classificationMethod": "exactDataMatch",
        "lastModifiedDateTime": shown(Some(known.modified_at)),
        "scope": "fullDocument,partialDocument",
        "sensitiveTypeSource": "tenant",
        "exactMatch": {
            "dataStoreId": known.rule.store_id.to_string(),
            "recommendedConfidence": known.rule.recommended_confidence,
            "redactConfidence": known.rule.redact_confidence,
            "patterns": [],
        },
    })
}

/// Makes a session in any state, with the number of its blocks.
pub(super) fn session(choices: &mut impl Choices, store: &DataStore) -> (Session, u32) {
    let state = SessionState::ALL[choices.below(SessionState::ALL.len())];
    let failure = choices.chance(40).then(|| SessionFailure {
        code: text(choices),
        message: text(choices),
        target: maybe_text(choices),
        at: moment(choices),
    });
    let count = |choices: &mut _| maybe(choices, |below| [1u32, 2, 9][below(3)]);
    let (created_at, total_job_count) = (moment(choices), count(choices));
    let staged = if choices.chance(30) { u32::try_from(choices.between(1, 2)).unwrap_or(1) } else { 0 };
    let session = Session {
        id: SessionId::from_random_bytes(id(choices)),
        tenant: TENANT,
        store_id: store.id,
        state,
        update_mode: if choices.chance(30) { UpdateMode::Delta } else { UpdateMode::Replace },
        columns: store.columns.clone(),
        tokens_max: 64,
        key_id: if choices.chance(30) { OLD_KEY } else { LIVE_KEY },
        created_by: PrincipalId::new("token:1"),
        upload_agent_id: maybe_text(choices),
        fields: (0..choices.below(4)).map(|_| text(choices)).collect(),
        file_name: maybe_text(choices),
        checksum: maybe_text(choices),
        rows_per_block: count(choices),
        total_block_count: count(choices),
        staged_block_count: 0,
        row_count: maybe(choices, |below| [0u64, 1, 4_000_000_000][below(3)]),
        rejected_row_count: maybe(choices, |below| [0u64, 1, 2][below(3)]),
        allow_shrink: choices.chance(50),
        total_job_count,
        remaining_job_count: total_job_count,
        created_at,
        started_at: maybe_moment(choices),
        updated_at: moment(choices),
        upload_expires_at: moment(choices),
        upload_completed_at: maybe_moment(choices),
        processing_completed_at: maybe_moment(choices),
        completed_at: maybe_moment(choices),
        failure,
    };
    (session, staged)
}

pub(super) fn shown_session(session: &Session, staged: u32) -> Value {
    let failure = session.failure.as_ref().map(|failure| {
        json!({
            "code": failure.code,
            "message": failure.message,
            "target": failure.target,
            "innerError": {
                "errorDateTime": shown(Some(failure.at)),
                "code": failure.code,
                "clientRequestId": null,
                "activityId": session.id.to_string(),
            },
            "details": [],
        })
    });
    json!({
        "id": session.id.to_string(),
        "creationDateTime": shown(Some(session.created_at)),
        "startDateTime": shown(session.started_at),
        "lastUpdatedDateTime": shown(Some(session.updated_at)),
        "completionDateTime": shown(session.completed_at),
        "error": failure,
        "dataStoreId": session.store_id.to_string(),
        "state": session.state.as_str(),
        "totalBlockCount": session.total_block_count,
        "remainingBlockCount": session.total_block_count.map(|total| total.saturating_sub(staged)),
        "totalJobCount": session.total_job_count,
        "remainingJobCount": session.remaining_job_count,
        "uploadCompletionDateTime": shown(session.upload_completed_at),
        "processingCompletionDateTime": shown(session.processing_completed_at),
        "checksum": session.checksum,
        "fields": session.fields,
        "fileName": session.file_name,
        "rowsPerBlock": session.rows_per_block,
        "uploadAgentId": session.upload_agent_id,
        "updateMode": session.update_mode.as_str(),
        "expirationDateTime": shown(Some(session.upload_expires_at)),
        "rowCount": session.row_count,
        "rejectedRowCount": session.rejected_row_count,
        "allowShrink": session.allow_shrink,
        "keyId": session.key_id.to_string(),
    })
}
