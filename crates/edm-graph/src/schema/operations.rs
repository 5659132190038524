// tidy: list
//! Every operation of the wire.

use edm_model::Right;

use super::actions;
use super::element::{Action, StructuredType};
use super::jobs::CLASSIFICATION_JOB as JOB;
use super::labels::SENSITIVITY_LABEL as LABEL;
use super::operation::{Access, Answer, Body, Content, Method, Operation, Query, Refusal};
use super::service::SERVICE;
use super::sessions::EXACT_MATCH_SESSION as SESSION;
use super::stores::{EXACT_MATCH_DATA_STORE as STORE, EXACT_MATCH_UPLOAD_AGENT as AGENT};
use super::types::SENSITIVE_TYPE as TYPE;
use crate::path;

const CONFLICT: &[Refusal] = &[Refusal::Conflict];

const READ: Access = Access::Right(Right::Read);
const READ_TYPES: Access = Access::Right(Right::ReadTypes);
const UPLOAD: Access = Access::Right(Right::Upload);
const LOOKUP: Access = Access::Right(Right::Lookup);
const CLASSIFY: Access = Access::Right(Right::Classify);
const ADMINISTER: Access = Access::Right(Right::Administer);

/// Every operation, in the order of the paths.
pub static OPERATIONS: &[Operation] = &[
    item("readService", path::SERVICE, Access::Token, &SERVICE, "Reads the service itself."),
    change("updateService", path::SERVICE, ADMINISTER, &SERVICE, "Accepts the whole service; none of its properties can be set."),
    list("listStores", path::STORES, READ, &STORE, "Lists the data stores."),
    create("createStore", path::STORES, ADMINISTER, &STORE, "Creates a data store.").or(CONFLICT),
    count("countStores", path::STORES_COUNT, READ, &STORE, "Counts the data stores."),
    item("readStore", path::STORE, READ, &STORE, "Reads a data store."),
    change("updateStore", path::STORE, ADMINISTER, &STORE, "Changes a data store.").or(CONFLICT),
    delete("deleteStore", path::STORE, ADMINISTER, "Deletes a data store with its data, sessions and default type."),
    call("lookup", path::STORE_LOOKUP, LOOKUP, &actions::LOOKUP, Content::Texts)
        .or(&[Refusal::Conflict, Refusal::TooMany, Refusal::NotReady]),
    perform("rollbackStore", path::STORE_ROLLBACK, ADMINISTER, &actions::ROLLBACK, &STORE).or(CONFLICT),
    list("listSessions", path::SESSIONS, READ, &SESSION, "Lists the sessions of a data store."),
    create("createSession", path::SESSIONS, UPLOAD, &SESSION, "Begins an upload.").or(CONFLICT),
    count("countSessions", path::SESSIONS_COUNT, READ, &SESSION, "Counts the sessions of a data store."),
    create(
        "createSessionByReference",
        path::SESSIONS_REF,
        UPLOAD,
        &SESSION,
        "Begins an upload, at the address of an older page of documentation; accepts a session, never a reference.",
    )
    .or(CONFLICT),
    item("readSession", path::SESSION, READ, &SESSION, "Reads a session."),
    change("updateSession", path::SESSION, UPLOAD, &SESSION, "Changes a session that is not committed.")
        .or(CONFLICT),
    delete("deleteSession", path::SESSION, UPLOAD, "Deletes a session whose data is not live.").or(CONFLICT),
    perform_nothing("commitSession", path::SESSION_COMMIT, &actions::COMMIT),
    perform_nothing("cancelSession", path::SESSION_CANCEL, &actions::CANCEL),
    perform("renewSession", path::SESSION_RENEW, UPLOAD, &actions::RENEW, &SESSION).or(CONFLICT),
    item("readSessionAgent", path::SESSION_AGENT, READ, &AGENT, "Reads the agent of a session."),
    change("updateSessionAgent", path::SESSION_AGENT, UPLOAD, &AGENT, "Changes the agent of a session."),
    delete("deleteSessionAgent", path::SESSION_AGENT, ADMINISTER, "Deletes the agent of a session."),
    list("listAgents", path::AGENTS, READ, &AGENT, "Lists the upload agents."),
    create("createAgent", path::AGENTS, UPLOAD, &AGENT, "Registers an upload agent."),
    count("countAgents", path::AGENTS_COUNT, READ, &AGENT, "Counts the upload agents."),
    item("readAgent", path::AGENT, READ, &AGENT, "Reads an upload agent."),
    change("updateAgent", path::AGENT, UPLOAD, &AGENT, "Changes an upload agent."),
    delete("deleteAgent", path::AGENT, ADMINISTER, "Deletes an upload agent."),
    list("listTypes", path::TYPES, READ_TYPES, &TYPE, "Lists the sensitive types."),
    create("createType", path::TYPES, ADMINISTER, &TYPE, "Creates a sensitive type.")
        .or(&[Refusal::NotThere, Refusal::Conflict]),
    count("countTypes", path::TYPES_COUNT, READ_TYPES, &TYPE, "Counts the sensitive types."),
    item("readType", path::TYPE, READ_TYPES, &TYPE, "Reads a sensitive type."),
    change("updateType", path::TYPE, ADMINISTER, &TYPE, "Changes a sensitive type.").or(CONFLICT),
    delete("deleteType", path::TYPE, ADMINISTER, "Deletes a sensitive type.").or(CONFLICT),
    Operation {
        query: Query::Parameters(&actions::CLASSIFY),
        body: Body::Texts(&actions::CLASSIFY),
        ..call(
            "classify",
            path::CLASSIFY,
            CLASSIFY,
            &actions::CLASSIFY,
            Content::ValueOrLines(&super::matching::CLASSIFICATION),
        )
    }
    .or(&[Refusal::TooMany]),
    call("redact", path::REDACT, CLASSIFY, &actions::REDACT, Content::Value(&super::matching::REDACTION))
        .or(&[Refusal::Conflict, Refusal::TooMany]),
    Operation {
        query: Query::Parameters(&actions::CLASSIFY_FILE),
        body: Body::File(&actions::CLASSIFY_FILE),
        ..call("classifyFile", path::CLASSIFY_FILE, CLASSIFY, &actions::CLASSIFY_FILE, Content::Item(&JOB))
    }
    .or(&[Refusal::TooMany]),
    call("classifyText", path::CLASSIFY_TEXT, CLASSIFY, &actions::CLASSIFY_TEXT, Content::Item(&JOB))
        .or(&[Refusal::TooMany]),
    list("listJobs", path::JOBS, READ, &JOB, "Lists the jobs."),
    count("countJobs", path::JOBS_COUNT, READ, &JOB, "Counts the jobs."),
    item("readJob", path::JOB, READ, &JOB, "Reads one of the jobs."),
    change("updateJob", path::JOB, ADMINISTER, &JOB, "Accepts a whole job; none of its properties can be set."),
    delete("deleteJob", path::JOB, ADMINISTER, "Deletes one of the jobs."),
    list("listTextJobs", path::TEXT_JOBS, READ, &JOB, "Lists the jobs of texts."),
    count("countTextJobs", path::TEXT_JOBS_COUNT, READ, &JOB, "Counts the jobs of texts."),
    item("readTextJob", path::TEXT_JOB, READ, &JOB, "Reads one of the jobs of texts."),
    change("updateTextJob", path::TEXT_JOB, ADMINISTER, &JOB, "Accepts a whole job; none of its properties can be set."),
    delete("deleteTextJob", path::TEXT_JOB, ADMINISTER, "Deletes one of the jobs of texts."),
    list("listFileJobs", path::FILE_JOBS, READ, &JOB, "Lists the jobs of files."),
    count("countFileJobs", path::FILE_JOBS_COUNT, READ, &JOB, "Counts the jobs of files."),
    item("readFileJob", path::FILE_JOB, READ, &JOB, "Reads one of the jobs of files."),
    change("updateFileJob", path::FILE_JOB, ADMINISTER, &JOB, "Accepts a whole job; none of its properties can be set."),
    delete("deleteFileJob", path::FILE_JOB, ADMINISTER, "Deletes one of the jobs of files."),
    list("listLabelJobs", path::LABEL_JOBS, READ, &JOB, "Lists the jobs of finding labels, of which there are none."),
    count("countLabelJobs", path::LABEL_JOBS_COUNT, READ, &JOB, "Counts the jobs of finding labels, of which there are none."),
    nothing("readLabelJob", Method::Get, path::LABEL_JOB, READ, "Reads one of the jobs of finding labels, of which there are none."),
    nothing("updateLabelJob", Method::Patch, path::LABEL_JOB, ADMINISTER, "Changes one of the jobs of finding labels, of which there are none."),
    nothing("deleteLabelJob", Method::Delete, path::LABEL_JOB, ADMINISTER, "Deletes one of the jobs of finding labels, of which there are none."),
    list("listPolicyJobs", path::POLICY_JOBS, READ, &JOB, "Lists the jobs of finding policies, of which there are none."),
    count("countPolicyJobs", path::POLICY_JOBS_COUNT, READ, &JOB, "Counts the jobs of finding policies, of which there are none."),
    nothing("readPolicyJob", Method::Get, path::POLICY_JOB, READ, "Reads one of the jobs of finding policies, of which there are none."),
    nothing("updatePolicyJob", Method::Patch, path::POLICY_JOB, ADMINISTER, "Changes one of the jobs of finding policies, of which there are none."),
    nothing("deletePolicyJob", Method::Delete, path::POLICY_JOB, ADMINISTER, "Deletes one of the jobs of finding policies, of which there are none."),
    list("listLabels", path::LABELS, READ, &LABEL, "Lists the labels, of which there are none."),
    count("countLabels", path::LABELS_COUNT, READ, &LABEL, "Counts the labels, of which there are none."),
    nothing("readLabel", Method::Get, path::LABEL, READ, "Reads one of the labels, of which there are none."),
    nothing("updateLabel", Method::Patch, path::LABEL, ADMINISTER, "Changes one of the labels, of which there are none."),
    nothing("deleteLabel", Method::Delete, path::LABEL, ADMINISTER, "Deletes one of the labels, of which there are none."),
    nothing("evaluateLabels", Method::Post, path::LABELS_EVALUATE, READ, "Is not served: there are no labels.").not_served(),
    nothing("computeLabelRights", Method::Post, path::LABELS_RIGHTS, READ, "Is not served: there are no labels.").not_served(),
    nothing("computeLabelInheritance", Method::Get, path::LABELS_INHERITANCE, READ, "Is not served: there are no labels.").not_served(),
    Operation {
        method: Method::Post,
        access: Access::Token,
        query: Query::Action,
        body: Body::Batch,
        ..open("batch", path::BATCH, Content::Batch, "Sends several requests in one; each is answered as if it were sent alone.")
    },
    Operation {
        query: Query::Format,
        ..open("readMetadata", path::METADATA, Content::Metadata, "Describes types and actions, in CSDL.")
    },
    open("readOpenApi", path::OPEN_API, Content::OpenApi, "Describes paths and objects, in OpenAPI: this document."),
    open("readHealth", path::HEALTH, Content::Health, "Reports whether the process is alive."),
    open("readReadiness", path::READY, Content::Health, "Reports whether live data is loaded.").or(&[Refusal::NotReady]),
    Operation {
        access: Access::Signature,
        query: Query::BlockList,
        ..open("readBlockList", path::UPLOAD, Content::BlockList, "Lists the uploaded blocks: Azure's Get Block List.")
    },
    Operation {
        method: Method::Put,
        access: Access::Signature,
        query: Query::PutBlocks,
        body: Body::Blocks,
        answer: Answer { status: 201, content: Content::Nothing },
        refusals: CONFLICT,
        ..open("putBlocks", path::UPLOAD, Content::Nothing, "Uploads a block, or the list of all blocks: Azure's Put Block and Put Block List.")
    },
];

const fn open(id: &'static str, path: &'static str, content: Content, summary: &'static str) -> Operation {
    Operation {
        id,
        method: Method::Get,
        path,
        summary,
        access: Access::Open,
        query: Query::None,
        body: Body::None,
        answer: Answer { status: 200, content },
        refusals: &[],
    }
}

/// An operation on an element of a collection that is always empty.
const fn nothing(
    id: &'static str,
    method: Method,
    path: &'static str,
    access: Access,
    summary: &'static str,
) -> Operation {
    Operation {
        method,
        access,
        answer: Answer { status: 404, content: Content::Refusal },
        ..open(id, path, Content::Refusal, summary)
    }
}

const fn list(
    id: &'static str,
    path: &'static str,
    access: Access,
    of: &'static StructuredType,
    summary: &'static str,
) -> Operation {
    Operation { access, query: Query::List(of), ..open(id, path, Content::Page(of), summary) }
}

const fn count(
    id: &'static str,
    path: &'static str,
    access: Access,
    of: &'static StructuredType,
    summary: &'static str,
) -> Operation {
    Operation { access, query: Query::Count(of), ..open(id, path, Content::Count, summary) }
}

const fn item(
    id: &'static str,
    path: &'static str,
    access: Access,
    of: &'static StructuredType,
    summary: &'static str,
) -> Operation {
    Operation { access, query: Query::Item(of), ..open(id, path, Content::Item(of), summary) }
}

const fn create(
    id: &'static str,
    path: &'static str,
    access: Access,
    of: &'static StructuredType,
    summary: &'static str,
) -> Operation {
    Operation {
        method: Method::Post,
        body: Body::Create(of),
        answer: Answer { status: 201, content: Content::Item(of) },
        ..item(id, path, access, of, summary)
    }
}

const fn change(
    id: &'static str,
    path: &'static str,
    access: Access,
    of: &'static StructuredType,
    summary: &'static str,
) -> Operation {
    Operation { method: Method::Patch, body: Body::Change(of), ..item(id, path, access, of, summary) }
}

const fn delete(id: &'static str, path: &'static str, access: Access, summary: &'static str) -> Operation {
    Operation {
        method: Method::Delete,
        access,
        answer: Answer { status: 204, content: Content::Nothing },
        ..open(id, path, Content::Nothing, summary)
    }
}

/// An action with parameters.
const fn call(
    id: &'static str,
    path: &'static str,
    access: Access,
    action: &'static Action,
    content: Content,
) -> Operation {
    Operation {
        method: Method::Post,
        access,
        query: Query::Action,
        body: Body::Parameters(action),
        ..open(id, path, content, action.description)
    }
}

/// An action without parameters that answers with a resource.
const fn perform(
    id: &'static str,
    path: &'static str,
    access: Access,
    action: &'static Action,
    of: &'static StructuredType,
) -> Operation {
    Operation { method: Method::Post, ..item(id, path, access, of, action.description) }
}

/// An action of a session without parameters that answers with nothing.
const fn perform_nothing(id: &'static str, path: &'static str, action: &'static Action) -> Operation {
    Operation {
        method: Method::Post,
        access: UPLOAD,
        query: Query::Action,
        answer: Answer { status: 204, content: Content::Nothing },
        ..open(id, path, Content::Nothing, action.description)
    }
    .or(CONFLICT)
}

impl Operation {
    /// Marks it as an operation that Graph has and this service does not.
    const fn not_served(self) -> Self {
        Self { answer: Answer { status: 501, content: Content::Refusal }, ..self }
    }

    const fn or(self, refusals: &'static [Refusal]) -> Self {
        Self { refusals, ..self }
    }
}
