//! The handler of each operation.

use std::future::ready;
use std::sync::Arc;

use edm_model::Principal;
use futures::future::BoxFuture;

use crate::authenticated::Call;
use crate::exchange::{Answering, Exchange};
use crate::handlers::agents::Agents;
use crate::handlers::batch::{self, AnswerPart};
use crate::handlers::empty_sets::{self, Nothing};
use crate::handlers::jobs::Jobs;
use crate::handlers::resource::{count, create, delete, list, read, update};
use crate::handlers::root::{self, Root};
use crate::handlers::sensitive_types::SensitiveTypes;
use crate::handlers::session_agent::SessionAgent;
use crate::handlers::sessions::{self, Sessions};
use crate::handlers::stores::{self, Stores};
use crate::handlers::{classification, classify_job, health, metadata};
use crate::message::{Request, Response};
use crate::upload::{self, UploadError};

/// A handler of an operation.
#[derive(Clone, Copy)]
pub(crate) enum Handler {
    /// A handler that needs no token.
    Open(fn(Exchange) -> Answering),
    /// A handler that reads the head of an authenticated request itself. It is the most used one.
    Authenticated(fn(Exchange, Arc<Principal>) -> Answering),
    /// A handler of an authenticated request whose head is read.
    Call(fn(Call, Request) -> Answering),
    /// A handler of such a request that runs other requests.
    Batch(fn(Call, Request, AnswerPart) -> Answering),
    /// A handler that checks the signature of its address.
    Upload(fn(Exchange) -> BoxFuture<'static, Result<Response, UploadError>>),
}

use Handler::{Authenticated, Batch, Call as Graph, Open, Upload};

/// Returns the handler of an operation, by the operation's id.
pub(crate) fn handler(id: &str) -> Option<Handler> {
    HANDLERS.iter().find(|(known, _)| *known == id).map(|(_, handler)| *handler)
}

/// The handler of each operation.
pub(crate) const HANDLERS: &[(&str, Handler)] = &[
    ("readService", Graph(read::<Root>)),
    ("updateService", Graph(|call, request| Box::pin(root::update(call, request)))),
    ("listStores", Graph(list::<Stores>)),
    ("createStore", Graph(create::<Stores>)),
    ("countStores", Graph(count::<Stores>)),
    ("readStore", Graph(read::<Stores>)),
    ("updateStore", Graph(update::<Stores>)),
    ("deleteStore", Graph(delete::<Stores>)),
    ("lookup", Graph(|call, request| Box::pin(stores::lookup(call, request)))),
    ("rollbackStore", Graph(|call, _| Box::pin(stores::rollback(call)))),
    ("listSessions", Graph(list::<Sessions>)),
    ("createSession", Graph(create::<Sessions>)),
    ("countSessions", Graph(count::<Sessions>)),
    ("createSessionByReference", Graph(create::<Sessions>)),
    ("readSession", Graph(read::<Sessions>)),
    ("updateSession", Graph(update::<Sessions>)),
    ("deleteSession", Graph(delete::<Sessions>)),
    ("commitSession", Graph(|call, _| Box::pin(sessions::commit(call)))),
    ("cancelSession", Graph(|call, _| Box::pin(sessions::cancel(call)))),
    ("renewSession", Graph(|call, _| Box::pin(sessions::renew(call)))),
    ("readSessionAgent", Graph(read::<SessionAgent>)),
    ("updateSessionAgent", Graph(update::<SessionAgent>)),
    ("deleteSessionAgent", Graph(delete::<SessionAgent>)),
    ("listAgents", Graph(list::<Agents>)),
    ("createAgent", Graph(create::<Agents>)),
    ("countAgents", Graph(count::<Agents>)),
    ("readAgent", Graph(read::<Agents>)),
    ("updateAgent", Graph(update::<Agents>)),
    ("deleteAgent", Graph(delete::<Agents>)),
    ("listTypes", Graph(list::<SensitiveTypes>)),
    ("createType", Graph(create::<SensitiveTypes>)),
    ("countTypes", Graph(count::<SensitiveTypes>)),
    ("readType", Graph(read::<SensitiveTypes>)),
    ("updateType", Graph(update::<SensitiveTypes>)),
    ("deleteType", Graph(delete::<SensitiveTypes>)),
    ("classify", Authenticated(|exchange, caller| Box::pin(classification::classify(exchange, caller)))),
    ("redact", Graph(|call, request| Box::pin(classification::redact(call, request)))),
    ("classifyFile", Graph(|call, request| Box::pin(classify_job::classify_file(call, request)))),
    ("classifyText", Graph(|call, request| Box::pin(classify_job::classify_text(call, request)))),
    ("listJobs", Graph(list::<Jobs>)),
    ("countJobs", Graph(count::<Jobs>)),
    ("readJob", Graph(read::<Jobs>)),
    ("updateJob", Graph(update::<Jobs>)),
    ("deleteJob", Graph(delete::<Jobs>)),
    ("listTextJobs", Graph(list::<Jobs>)),
    ("countTextJobs", Graph(count::<Jobs>)),
    ("readTextJob", Graph(read::<Jobs>)),
    ("updateTextJob", Graph(update::<Jobs>)),
    ("deleteTextJob", Graph(delete::<Jobs>)),
    ("listFileJobs", Graph(list::<Jobs>)),
    ("countFileJobs", Graph(count::<Jobs>)),
    ("readFileJob", Graph(read::<Jobs>)),
    ("updateFileJob", Graph(update::<Jobs>)),
    ("deleteFileJob", Graph(delete::<Jobs>)),
    ("listLabelJobs", Graph(list::<Nothing>)),
    ("countLabelJobs", Graph(count::<Nothing>)),
    ("readLabelJob", Graph(empty_sets::find_none)),
    ("updateLabelJob", Graph(empty_sets::find_none)),
    ("deleteLabelJob", Graph(empty_sets::find_none)),
    ("listPolicyJobs", Graph(list::<Nothing>)),
    ("countPolicyJobs", Graph(count::<Nothing>)),
    ("readPolicyJob", Graph(empty_sets::find_none)),
    ("updatePolicyJob", Graph(empty_sets::find_none)),
    ("deletePolicyJob", Graph(empty_sets::find_none)),
    ("listLabels", Graph(list::<Nothing>)),
    ("countLabels", Graph(count::<Nothing>)),
    ("readLabel", Graph(empty_sets::find_none)),
    ("updateLabel", Graph(empty_sets::find_none)),
    ("deleteLabel", Graph(empty_sets::find_none)),
    ("evaluateLabels", Graph(empty_sets::not_served)),
    ("computeLabelRights", Graph(empty_sets::not_served)),
    ("computeLabelInheritance", Graph(empty_sets::not_served)),
    ("batch", Batch(|call, request, part| Box::pin(batch::run(call, request, part)))),
    ("readMetadata", Open(|exchange| Box::pin(ready(metadata::csdl(&exchange))))),
    ("readOpenApi", Open(|_| Box::pin(ready(Ok(metadata::open_api()))))),
    ("readHealth", Open(|_| Box::pin(ready(Ok(health::live()))))),
    ("readReadiness", Open(|exchange| Box::pin(health::ready(exchange)))),
    ("putBlocks", Upload(|exchange| Box::pin(upload::put(exchange)))),
    ("readBlockList", Upload(|exchange| Box::pin(upload::get(exchange)))),
];
