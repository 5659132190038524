//! The table of operations of `edm-graph` joined with the handlers. Path, method and right of a
//! request come from its operation's row, as do the header Allow and the name in the log.

use std::collections::HashMap;

use edm_graph::path;
use edm_graph::schema::operations::OPERATIONS;
use edm_graph::schema::{Access, Method as RowMethod, Operation};
use http::{HeaderValue, Method, header};
use http_body::Body as _;

use crate::authenticated::{Call, authorised};
use crate::error::{ApiError, HttpProblem};
use crate::exchange::Exchange;
use crate::handler_table::{self, Handler};
use crate::handlers::batch::AnswerPart;
use crate::handling::Noted;
use crate::message::Response;
use crate::respond;
use crate::upload::{UploadError, UploadProblem};

/// The part of the service that a listener serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surface {
    /// Every path.
    #[default]
    Whole,
    /// Only health and readiness, for a node that works on jobs and serves no clients.
    Health,
}

/// The operations that a listener serves, by their paths.
pub(crate) struct Routes {
    by_path: HashMap<&'static str, Route>,
    answer_part: Option<AnswerPart>,
}

/// A path and its methods.
struct Route {
    rows: Vec<Row>,
    /// Whether it belongs to the upload wire, whose errors have Azure's form.
    is_upload: bool,
    /// The value of the header Allow.
    allow: HeaderValue,
}

/// An operation with its handler.
struct Row {
    operation: &'static Operation,
    handler: Handler,
}

impl Routes {
    /// Joins the tables. `answer_part` answers the requests of a batch; without it there is no
    /// `$batch`.
    pub(crate) fn new(surface: Surface, answer_part: Option<AnswerPart>) -> Self {
        let shown = |operation: &&Operation| match (operation.path, surface) {
            (path::BATCH, _) => answer_part.is_some(),
            (path::HEALTH | path::READY, _) | (_, Surface::Whole) => true,
            (_, Surface::Health) => false,
        };
        let mut rows: HashMap<&'static str, Vec<Row>> = HashMap::new();
        for operation in OPERATIONS.iter().filter(shown) {
            let handler = handler_table::handler(operation.id);
            let handler = handler.expect("a test holds that each operation has a handler");
            rows.entry(operation.path).or_default().push(Row { operation, handler });
        }
        let by_path = rows.into_iter().map(|(path, rows)| (path, Route::new(rows))).collect();
        Self { by_path, answer_part }
    }

    /// Answers a request; whatever fails is in the response.
    pub(crate) async fn answer(&self, exchange: Option<Exchange>) -> Response {
        let route = exchange.and_then(|exchange| Some((self.by_path.get(exchange.at.template)?, exchange)));
        let Some((route, exchange)) = route else {
            return ApiError::from(HttpProblem::UnknownPath).into_response();
        };
        let mut response = match route.row(exchange.request.method()) {
            Some(row) => self.run(row, exchange).await,
            None => route.other_method(exchange.request.method()),
        };
        // A response to HEAD keeps the length of the omitted body.
        if let (Some(length), false) =
            (response.body().size_hint().exact(), response.headers().contains_key(header::CONTENT_LENGTH))
        {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        response
    }

    /// Checks the right of a row and runs its handler.
    async fn run(&self, row: &Row, exchange: Exchange) -> Response {
        if let Handler::Upload(handler) = row.handler {
            return handler(exchange).await.unwrap_or_else(UploadError::into_response);
        }
        let noted = Noted::default();
        let response = self.run_graph(row, exchange, &noted).await;
        let mut response = response.unwrap_or_else(ApiError::into_response);
        noted.add_to(&mut response);
        response
    }

    async fn run_graph(&self, row: &Row, exchange: Exchange, noted: &Noted) -> Result<Response, ApiError> {
        let access = row.operation.access;
        let right = if let Access::Right(right) = access { Some(right) } else { None };
        let principal = match access {
            Access::Open | Access::Signature => None,
            Access::Token | Access::Right(_) => {
                let Exchange { app, caller, request, .. } = &exchange;
                Some(authorised(request.headers(), right, Some(caller), app).await?)
            }
        };
        match (row.handler, principal) {
            (Handler::Open(handler), None) => handler(exchange).await,
            (Handler::Authenticated(handler), Some(principal)) => handler(exchange, principal).await,
            (Handler::Call(handler), Some(principal)) => {
                let (call, request) = Call::new(exchange, principal, noted.clone())?;
                handler(call, request).await
            }
            (Handler::Batch(handler), Some(principal)) => {
                let answer_part = self.answer_part.clone().expect("the row is left out where there is none");
                let (call, request) = Call::new(exchange, principal, noted.clone())?;
                handler(call, request, answer_part).await
            }
            _ => unreachable!("a test holds that each handler takes what its row's access gives"),
        }
    }
}

impl Route {
    fn new(rows: Vec<Row>) -> Self {
        let mut methods = Vec::new();
        for row in &rows {
            methods.push(row.operation.method.as_str());
            if row.operation.method == RowMethod::Get {
                methods.push(Method::HEAD.as_str());
            }
        }
        let is_upload = rows.iter().any(|row| row.operation.access == Access::Signature);
        let allow = if is_upload {
            // In Azure's spelling. Azure's wire has no OPTIONS without CORS.
            methods.join(",")
        } else {
            methods.push(Method::OPTIONS.as_str());
            methods.join(", ")
        };
        let allow = HeaderValue::from_str(&allow).expect("names of methods are visible ASCII");
        Self { rows, is_upload, allow }
    }

    /// Returns the row of a method; HEAD uses that of GET.
    fn row(&self, method: &Method) -> Option<&Row> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.rows.iter().find(|row| row.operation.method.as_str() == method.as_str())
    }

    /// Answers a method that the path does not have.
    fn other_method(&self, method: &Method) -> Response {
        let mut response = match self.is_upload {
            true => UploadError::from(UploadProblem::MethodNotAllowed).into_response(),
            false if method == Method::OPTIONS => respond::nothing(),
            false => ApiError::from(HttpProblem::MethodNotAllowed).into_response(),
        };
        response.headers_mut().insert(header::ALLOW, self.allow.clone());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler_table::HANDLERS;

    #[test]
    fn each_operation_has_one_handler_that_takes_what_its_access_gives() {
        for operation in OPERATIONS {
            let mut handlers = HANDLERS.iter().filter(|(id, _)| *id == operation.id);
            let (_, handler) = handlers.next().unwrap_or_else(|| panic!("{} has no handler", operation.id));
            assert!(handlers.next().is_none(), "{} has two handlers", operation.id);
            let fits = match operation.access {
                Access::Open => matches!(handler, Handler::Open(_)),
                Access::Signature => matches!(handler, Handler::Upload(_)),
                Access::Token | Access::Right(_) => {
                    matches!(handler, Handler::Authenticated(_) | Handler::Call(_) | Handler::Batch(_))
                }
            };
            assert!(fits, "{}: {:?}", operation.id, operation.access);
            assert_eq!(matches!(handler, Handler::Batch(_)), operation.path == path::BATCH);
        }
        assert_eq!(HANDLERS.len(), OPERATIONS.len(), "a handler of no operation");
    }
}
