//! The service as one value that answers requests: the routes, each request in its context.

use std::sync::Arc;

use futures::future::BoxFuture;
use http::Method;

use crate::app::App;
use crate::drain_body::DrainBody;
use crate::error::ApiError;
use crate::exchange::Exchange;
use crate::message::{Request, Response};
use crate::request_context::RequestContext;
use crate::respond;
use crate::routes::{Routes, Surface};
use crate::target::Target;

/// As much of the service as a listener shows.
#[derive(Clone)]
pub struct Router {
    app: Arc<App>,
    routes: Arc<Routes>,
}

impl Router {
    /// Returns as much of the service as the surface shows.
    pub fn new(app: Arc<App>, surface: Surface) -> Self {
        // The requests of a batch meet a table without batches, so that none can contain another.
        let of_batch = Self { app: app.clone(), routes: Arc::new(Routes::new(surface, None)) };
        let routes = Routes::new(
            surface,
            Some(Arc::new(move |request, refusal| {
                let router = of_batch.clone();
                Box::pin(async move { router.answer_or_refuse(request, refusal).await })
            })),
        );
        Self { app, routes: Arc::new(routes) }
    }

    /// Answers a request; whatever fails is in the response.
    pub fn answer(&self, request: Request) -> BoxFuture<'static, Response> {
        let router = self.clone();
        Box::pin(async move { router.answer_or_refuse(request, None).await })
    }

    /// Answers a request, with the refusal if there is one.
    pub(crate) async fn answer_or_refuse(self, request: Request, refusal: Option<ApiError>) -> Response {
        let Self { app, routes } = self;
        let target = Target::new(request.uri().path());
        let context = RequestContext::begin(&app, &request, target.name);
        let (request, rest) = DrainBody::of(request);
        let caller = context.caller();
        let work = {
            let app = app.clone();
            async move {
                if let Some(refusal) = refusal {
                    return refusal.into_response();
                }
                if request.method() == Method::OPTIONS && request.uri().path() == "*" {
                    // Asks about the server as a whole.
                    return respond::nothing();
                }
                let exchange = target.located.map(|at| Exchange { app, caller, at, request });
                routes.answer(exchange).await
            }
        };
        context.finish(&app, work, rest).await
    }
}
