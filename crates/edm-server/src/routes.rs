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
use http::{Method, Uri};
use tower::Service;

use crate::app::App;
use crate::call::Needs;
use crate::error::{ApiError, HttpProblem};
use crate::frame::Framed;
use crate::handlers::{
    agents, classification, health, metadata, root, sensitive_types, session_actions, sessions, stores,
};
use crate::upload;

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
        Self { app: app.clone(), surface, table: table(app, surface) }
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
        let mut table = self.table;
        // The router matches canonical paths only, so paths are rewritten before it sees them.
        table.call(rewrite(request)).await.into_response()
    }
}

fn table(app: Arc<App>, surface: Surface) -> Router {
    let health = Router::new().route(path::HEALTH, get(health::live)).route(path::READY, get(health::ready));
    let routes = match surface {
        Surface::Whole => health.merge(service_routes()),
        Surface::Health => health,
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
        .route(path::SERVICE, get(root::read))
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
        .route(path::UPLOAD, put(upload::put).get(upload::get).fallback(upload::method_not_allowed))
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

async fn method_not_allowed() -> Response {
    axum::response::IntoResponse::into_response(ApiError::from(HttpProblem::MethodNotAllowed))
}
