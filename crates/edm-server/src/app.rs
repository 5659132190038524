//! What every handler needs.

use std::sync::{Arc, Mutex, PoisonError};

use edm_model::Timestamp;
use edm_service::{Random, Service};
use tokio::sync::Semaphore;

/// Block bodies held in memory at once; each may have 16 MiB.
const UPLOADS_AT_ONCE_MAX: usize = 16;
/// Block lists held in memory at once; each may have 64 MiB.
const BLOCK_LISTS_AT_ONCE_MAX: usize = 2;
/// JSON bodies held in memory at once; each may have 4 MiB.
const BODIES_AT_ONCE_MAX: usize = 64;
/// Batches at once; each may hold its body and 16 MiB of answers.
const BATCHES_AT_ONCE_MAX: usize = 16;

/// Ids of requests that are drawn together.
const REQUEST_IDS_DRAWN: usize = 32;

/// How clients reach the server, as far as addresses in answers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain.
    Http,
    /// TLS ends here.
    Https,
}

impl Scheme {
    /// Returns the word in front of `://`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// The service and what the wire adds to it.
pub struct App {
    /// What the system can do.
    pub(crate) service: Service,
    /// How clients reach this server.
    pub(crate) scheme: Scheme,
    /// What addresses in answers begin with where a proxy stands in front.
    pub(crate) public_url: Option<String>,
    pub(crate) uploads: Semaphore,
    pub(crate) block_lists: Semaphore,
    pub(crate) bodies: Arc<Semaphore>,
    pub(crate) batches: Semaphore,
    random: Arc<dyn Random>,
    request_ids: Mutex<RequestIds>,
}

/// Bytes for the ids of the next requests, drawn together: each draw asks the system.
#[derive(Default)]
struct RequestIds {
    bytes: [[u8; 16]; REQUEST_IDS_DRAWN],
    left: usize,
}

impl App {
    /// Puts the wire around a service. `public_url` has no slash at its end.
    pub fn new(
        service: Service,
        random: Arc<dyn Random>,
        scheme: Scheme,
        public_url: Option<String>,
    ) -> Arc<Self> {
        Arc::new(Self {
            service,
            scheme,
            public_url: public_url.map(|url| url.trim_end_matches('/').to_owned()),
            uploads: Semaphore::new(UPLOADS_AT_ONCE_MAX),
            block_lists: Semaphore::new(BLOCK_LISTS_AT_ONCE_MAX),
            bodies: Arc::new(Semaphore::new(BODIES_AT_ONCE_MAX)),
            batches: Semaphore::new(BATCHES_AT_ONCE_MAX),
            random,
            request_ids: Mutex::default(),
        })
    }

    /// Returns the service's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.service.clock().now()
    }

    /// Makes the id of a request.
    pub(crate) fn request_id(&self) -> String {
        let bytes = self.request_id_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid().hyphenated().to_string()
    }

    fn request_id_bytes(&self) -> [u8; 16] {
        let mut ids = self.request_ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.left == 0 {
            self.random.fill(ids.bytes.as_flattened_mut());
            ids.left = REQUEST_IDS_DRAWN;
        }
        ids.left -= 1;
        let left = ids.left;
        ids.bytes[left]
    }
}
