//! Every route in one table.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post, put};
use edm_graph::path;
use http::Uri;
use http::uri::PathAndQuery;
use tower::Layer;
use tower::util::MapRequestLayer;

use crate::app::App;
use crate::error::{ApiError, HttpProblem};
use crate::frame::frame;
use crate::handlers::{
    agents, classification, health, root, sensitive_types, session_actions, sessions, stores,
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
    let health = Router::new().route(path::HEALTH, get(health::live)).route(path::READY, get(health::ready));
    let routes = match surface {
        Surface::Whole => health.merge(service_routes()),
        Surface::Health => health,
    };
    let routes = routes
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        // Handlers bound their bodies themselves, each by its own limit.
        .layer(DefaultBodyLimit::disable())
        .with_state(app.clone());
    // The router matches canonical paths only, so paths are rewritten before it sees them.
    let lenient = MapRequestLayer::new(rewrite).layer(routes);
    Router::new().fallback_service(lenient).layer(from_fn_with_state(app, frame))
}

fn service_routes() -> Router<Arc<App>> {
    Router::new()
        .route(path::SERVICE, get(root::read))
        .route(path::STORES, get(stores::list).post(stores::create))
        .route(path::STORES_COUNT, get(stores::count))
        .route(path::STORE, get(stores::read).patch(stores::update).delete(stores::delete))
        .route(path::STORE_LOOKUP, post(stores::lookup))
        .route(path::STORE_ROLLBACK, post(stores::rollback))
        .route(path::SESSIONS, get(sessions::list).post(sessions::create))
        .route(path::SESSIONS_COUNT, get(sessions::count))
        .route(path::SESSIONS_REF, post(sessions::create))
        .route(path::SESSION, get(sessions::read).patch(sessions::update).delete(sessions::delete))
        .route(path::SESSION_COMMIT, post(session_actions::commit))
        .route(path::SESSION_CANCEL, post(session_actions::cancel))
        .route(path::SESSION_RENEW, post(session_actions::renew))
        .route(
            path::SESSION_AGENT,
            get(session_actions::read_agent)
                .patch(session_actions::update_agent)
                .delete(session_actions::delete_agent),
        )
        .route(path::AGENTS, get(agents::list).post(agents::create))
        .route(path::AGENTS_COUNT, get(agents::count))
        .route(path::AGENT, get(agents::read).patch(agents::update).delete(agents::delete))
        .route(path::TYPES, get(sensitive_types::list).post(sensitive_types::create))
        .route(path::TYPES_COUNT, get(sensitive_types::count))
        .route(
            path::TYPE,
            get(sensitive_types::read).patch(sensitive_types::update).delete(sensitive_types::delete),
        )
        .route(path::CLASSIFY, post(classification::classify))
        .route(path::REDACT, post(classification::redact))
        .route(path::UPLOAD, put(upload::put).get(upload::get).fallback(upload::method_not_allowed))
}

/// Gives a request the canonical form of its path.
fn rewrite(mut request: Request) -> Request {
    let Some(canonical) = path::canonical(request.uri().path()) else {
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
