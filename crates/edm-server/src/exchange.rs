//! A request, with the row of the table that answers it.

use std::sync::Arc;

use edm_graph::path::Located;
use futures::future::BoxFuture;

use crate::admission::Caller;
use crate::app::App;
use crate::error::ApiError;
use crate::message::{Request, Response};

/// What a handler of Graph's wire returns.
pub(crate) type Answering = BoxFuture<'static, Result<Response, ApiError>>;

/// A request whose path and method have a row in the table.
pub(crate) struct Exchange {
    pub(crate) app: Arc<App>,
    /// The caller that the request is counted under, once known.
    pub(crate) caller: Caller,
    /// The row's path, and its parameters.
    pub(crate) at: Located,
    pub(crate) request: Request,
}
