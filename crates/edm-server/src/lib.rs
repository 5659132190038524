//! HTTP around the service: routes in one table, lenient paths, access, bounds, Graph's errors, the
//! upload wire. Its steps in the walk of a text: **request → identity, bounds, `edm-graph`'s
//! types** → service → **response**.
//!
//! It decides nothing about stores, sessions or matches. It is the only crate that names HTTP
//! statuses; one match in `error.rs` maps each error kind to one.
//!
//! ```no_run
//! use edm_server::{CapacityLimits, ConnectionLimits, Names, ServerConfig, Surface, bind};
//! # async fn run(service: edm_service::Service, random: std::sync::Arc<dyn edm_service::Random>)
//! #     -> Result<(), Box<dyn std::error::Error>> {
//! let config = ServerConfig {
//!     listen: "127.0.0.1:8080".parse()?,
//!     tls: None,
//!     insecure_http: false,
//!     names: Names::default(),
//!     surface: Surface::Whole,
//!     capacity: CapacityLimits::default(),
//!     connections: ConnectionLimits::default(),
//! };
//! let bound = bind(&config)?;
//! println!("listening on {}", bound.url());
//! bound.serve(service, random, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

mod admission;
mod answer_pieces;
mod app;
mod authenticated;
mod body;
mod certificate;
mod connection;
mod connections;
mod drain_body;
mod error;
mod exchange;
mod handler_table;
mod handlers;
mod handling;
mod inflate;
mod listing;
mod live_settings;
mod malformed_request;
mod message;
mod origin;
mod panic_log;
mod preconditions;
mod request_context;
mod respond;
mod router;
mod routes;
mod serve;
mod serve_error;
mod target;
mod to_wire;
mod upload;
mod watched_stream;
mod wiped_buffer;

pub use admission::{Capacity, CapacityLimits, MEMORY_BYTES_MIN, MemoryGauge, Patience};
pub use app::App;
pub use certificate::{Replaced, ServerCertificate, TlsFiles};
pub use connections::{ConnectionGauge, ConnectionLimits};
pub use error::{ApiError, HttpProblem, Problem, body_answer, http_answer, service_answer};
pub use live_settings::LiveSettings;
pub use message::{Body, BodyFailure, Request, Response};
pub use origin::{CurrentNames, Names, Scheme};
pub use panic_log::log_panics_without_text;
pub use router::Router;
pub use routes::Surface;
pub use serve::{Bound, Gauges, ServerConfig, bind, refuse_plain};
pub use serve_error::{ServeError, ServeErrorKind};
pub use upload::{UploadError, UploadProblem, upload_answer};
