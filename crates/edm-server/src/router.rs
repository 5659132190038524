//! The service as one value that answers requests: the routes, with each request in its context.

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

/// The part of the service that a listener serves.
#[derive(Clone)]
pub struct Router {
    app: Arc<App>,
    routes: Arc<Routes>,
}

impl Router {
    /// Returns the part of the service that belongs to the surface.
    pub fn new(app: Arc<App>, surface: Surface) -> Self {
        // Requests of a batch are answered from a table without `$batch`, so batches cannot be
        // nested.
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
                    // Requests about the server as a whole.
                    return respond::nothing();
                }
                let exchange = target.located.map(|at| Exchange { app, caller, at, request });
                routes.answer(exchange).await
            }
        };
        context.finish(&app, work, rest).await
    }
}
