//! Every route in one table.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use axum::{Extension, Router};
use edm_graph::path;
use edm_model::Right;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Uri, header};
use tower::Service;

use crate::app::App;
use crate::authenticated::Needs;
use crate::error::{ApiError, HttpProblem};
use crate::handlers::jobs::{EmptySet, JobSet};
use crate::handlers::{
    agents, batch, classification, classify_job, health, jobs, metadata, root, sensitive_types,
    session_actions, sessions, stores,
};
use crate::handling::Noted;
use crate::request_context::Framed;
use crate::respond;
use crate::upload::{self, UploadError};

/// Bytes of the longest path that is looked at.
pub(crate) const PATH_BYTES_MAX: usize = 4 * 1024;

/// How much of the service a listener shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surface {
    /// Every path.
    #[default]
    Whole,
    /// Only whether the process lives and is ready: for a node that works on jobs and answers nobody.
    Health,
}

/// Returns as much of the service as the surface shows, as one router.
pub fn router(app: Arc<App>, surface: Surface) -> Router {
    Router::new().fallback_service(framed_routes(app, surface))
}

/// Returns the same without a router around it: one that has no path of its own would look at each request for nothing.
pub(crate) fn framed_routes(app: Arc<App>, surface: Surface) -> Framed {
    Framed::new(app.clone(), Routes::new(app, surface))
}

/// The table of routes, and the way past it of the one that is asked by far the most.
#[derive(Clone)]
pub(crate) struct Routes {
    app: Arc<App>,
    surface: Surface,
    table: Router,
}

impl Routes {
    fn new(app: Arc<App>, surface: Surface) -> Self {
        let one = Self { app: app.clone(), surface, table: table(app.clone(), surface, None) };
        if surface == Surface::Health {
            return one;
        }
        // The requests of a batch meet the table without batches, so that none can hold another.
        let parts = Framed::new(app.clone(), one);
        Self { app: app.clone(), surface, table: table(app, surface, Some(parts)) }
    }

    /// Answers a request; whatever fails is in the answer.
    pub(crate) async fn answer(self, request: Request) -> Response {
        // The router and each layer around a handler make a future and a copy of themselves for each request.
        if self.surface == Surface::Whole
            && request.method() == Method::POST
            && path::plain(request.uri().path()) == Some(path::CLASSIFY)
        {
            return classification::classify(State(self.app), request).await.into_response();
        }
        if request.method() == Method::OPTIONS && request.uri().path() == "*" {
            // Asks about the server as a whole.
            return respond::nothing();
        }
        let mut table = self.table;
        // The router matches canonical paths only, so paths are rewritten before it sees them.
        let (mut request, noted) = (rewrite(request), Noted::default());
        request.extensions_mut().insert(noted.clone());
        let mut response = table.call(request).await.into_response();
        noted.tell(&mut response);
        let is_upload = response.extensions().get::<UploadError>().is_some();
        let allow = response.headers().get(header::ALLOW);
        if let Some(allow) = allow.filter(|_| !is_upload).and_then(spelled_out) {
            response.headers_mut().insert(header::ALLOW, allow);
        }
        response
    }
}

/// Returns the methods that the router names, with the one that every path has.
fn spelled_out(allow: &HeaderValue) -> Option<HeaderValue> {
    let methods = allow.to_str().ok()?.split(',').map(str::trim).filter(|method| !method.is_empty());
    let methods: Vec<&str> = methods.chain(["OPTIONS"]).collect();
    HeaderValue::from_str(&methods.join(", ")).ok()
}

/// Returns the table; `parts` is what answers the requests of a batch.
fn table(app: Arc<App>, surface: Surface, parts: Option<Framed>) -> Router {
    let health = Router::new().route(path::HEALTH, get(health::live)).route(path::READY, get(health::ready));
    let routes = match surface {
        Surface::Whole => health.merge(service_routes()),
        Surface::Health => health,
    };
    let routes = match parts {
        Some(parts) => routes.route(path::BATCH, post(batch::run.layer(Extension(parts)))),
        None => routes,
    };
    routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        // Handlers bound their bodies themselves, each by its own limit.
        .layer(DefaultBodyLimit::disable())
        .with_state(app)
}

/// Every route with the right that its caller needs; the upload wire's right is the signature of its address.
fn service_routes() -> Router<Arc<App>> {
    let needs = |right| Extension(Needs(right));
    let (read, read_types, upload) = (needs(Right::Read), needs(Right::ReadTypes), needs(Right::Upload));
    let (classify, lookup, administer) =
        (needs(Right::Classify), needs(Right::Lookup), needs(Right::Administer));
    Router::new()
        // The descriptions hold nothing of anyone.
        .route(path::METADATA, get(metadata::csdl))
        .route(path::OPEN_API, get(metadata::open_api))
        .merge(job_routes())
        .route(path::SERVICE, get(root::read).patch(root::update.layer(administer)))
        .route(path::STORES, get(stores::list.layer(read)).post(stores::create.layer(administer)))
        .route(path::STORES_COUNT, get(stores::count.layer(read)))
        .route(
            path::STORE,
            get(stores::read.layer(read))
                .patch(stores::update.layer(administer))
                .delete(stores::delete.layer(administer)),
        )
        .route(path::STORE_LOOKUP, post(stores::lookup.layer(lookup)))
        .route(path::STORE_ROLLBACK, post(stores::rollback.layer(administer)))
        .route(path::SESSIONS, get(sessions::list.layer(read)).post(sessions::create.layer(upload)))
        .route(path::SESSIONS_COUNT, get(sessions::count.layer(read)))
        .route(path::SESSIONS_REF, post(sessions::create.layer(upload)))
        .route(
            path::SESSION,
            get(sessions::read.layer(read))
                .patch(sessions::update.layer(upload))
                .delete(sessions::delete.layer(upload)),
        )
        .route(path::SESSION_COMMIT, post(session_actions::commit.layer(upload)))
        .route(path::SESSION_CANCEL, post(session_actions::cancel.layer(upload)))
        .route(path::SESSION_RENEW, post(session_actions::renew.layer(upload)))
        .route(
            path::SESSION_AGENT,
            get(session_actions::read_agent.layer(read))
                .patch(session_actions::update_agent.layer(upload))
                .delete(session_actions::delete_agent.layer(administer)),
        )
        .route(path::AGENTS, get(agents::list.layer(read)).post(agents::create.layer(upload)))
        .route(path::AGENTS_COUNT, get(agents::count.layer(read)))
        .route(
            path::AGENT,
            get(agents::read.layer(read))
                .patch(agents::update.layer(upload))
                .delete(agents::delete.layer(administer)),
        )
        .route(
            path::TYPES,
            get(sensitive_types::list.layer(read_types)).post(sensitive_types::create.layer(administer)),
        )
        .route(path::TYPES_COUNT, get(sensitive_types::count.layer(read_types)))
        .route(
            path::TYPE,
            get(sensitive_types::read.layer(read_types))
                .patch(sensitive_types::update.layer(administer))
                .delete(sensitive_types::delete.layer(administer)),
        )
        // It asks for its right itself, since most requests do not come by this table.
        .route(path::CLASSIFY, post(classification::classify))
        .route(path::REDACT, post(classification::redact.layer(classify)))
        .route(path::CLASSIFY_FILE, post(classify_job::classify_file.layer(classify)))
        .route(path::CLASSIFY_TEXT, post(classify_job::classify_text.layer(classify)))
        .route(path::UPLOAD, put(upload::put).get(upload::get).fallback(upload::method_not_allowed))
}

/// The routes of jobs, and of what Graph has beside and this service has none of.
fn job_routes() -> Router<Arc<App>> {
    let (read, administer) = (Extension(Needs(Right::Read)), Extension(Needs(Right::Administer)));
    let kept = |list, count, item, set: JobSet| {
        Router::new()
            .route(list, get(jobs::list.layer(read)))
            .route(count, get(jobs::count.layer(read)))
            .route(
                item,
                get(jobs::read.layer(read))
                    .patch(jobs::update.layer(administer))
                    .delete(jobs::delete.layer(administer)),
            )
            .route_layer(Extension(set))
    };
    let none = |list, count, item, set: EmptySet| {
        Router::new()
            .route(list, get(jobs::list_none.layer(read)))
            .route(count, get(jobs::count_none.layer(read)))
            .route(
                item,
                get(jobs::find_none.layer(read))
                    .patch(jobs::find_none.layer(administer))
                    .delete(jobs::find_none.layer(administer)),
            )
            .route_layer(Extension(set))
    };
    Router::new()
        .merge(kept(path::JOBS, path::JOBS_COUNT, path::JOB, JobSet::All))
        .merge(kept(path::TEXT_JOBS, path::TEXT_JOBS_COUNT, path::TEXT_JOB, JobSet::Texts))
        .merge(kept(path::FILE_JOBS, path::FILE_JOBS_COUNT, path::FILE_JOB, JobSet::Files))
        .merge(none(path::LABEL_JOBS, path::LABEL_JOBS_COUNT, path::LABEL_JOB, EmptySet::LabelJobs))
        .merge(none(path::POLICY_JOBS, path::POLICY_JOBS_COUNT, path::POLICY_JOB, EmptySet::PolicyJobs))
        .merge(none(path::LABELS, path::LABELS_COUNT, path::LABEL, EmptySet::Labels))
        .route(path::LABELS_EVALUATE, post(jobs::not_served.layer(read)))
        .route(path::LABELS_RIGHTS, post(jobs::not_served.layer(read)))
        .route(path::LABELS_INHERITANCE, get(jobs::not_served.layer(read)))
}

/// Gives a request the canonical form of its path.
fn rewrite(mut request: Request) -> Request {
    let uri = request.uri();
    if uri.query().is_none()
        && let Some(plain) = path::plain(uri.path())
    {
        *request.uri_mut() = Uri::from_static(plain);
        return request;
    }
    let Some(canonical) = path::canonical(uri.path()) else {
        return request;
    };
    let target = match request.uri().query() {
        Some(query) => format!("{canonical}?{query}"),
        None => canonical,
    };
    if let Ok(target) = PathAndQuery::try_from(target) {
        *request.uri_mut() = Uri::from(target);
    }
    request
}

async fn unknown_path() -> ApiError {
    HttpProblem::UnknownPath.into()
}

/// Answers a method that the path does not have; the router adds the header that names those that it has.
async fn method_not_allowed(method: Method) -> Response {
    match method {
        Method::OPTIONS => respond::nothing(),
        _ => ApiError::from(HttpProblem::MethodNotAllowed).into_response(),
    }
}
