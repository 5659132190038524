//! The state that every handler needs.

use std::sync::{Arc, Mutex, PoisonError};

use edm_model::Timestamp;
use edm_service::{Random, Service};

use crate::admission::Capacity;
use crate::origin::{CurrentNames, Scheme};

/// The number of request ids whose random bytes are drawn together.
const REQUEST_IDS_DRAWN: usize = 32;

/// The service, and the state that the wire adds to it.
pub struct App {
    /// The service.
    pub(crate) service: Service,
    /// How clients reach this server.
    pub(crate) scheme: Scheme,
    /// Its name in addresses.
    pub(crate) names: CurrentNames,
    /// The memory for bodies and answers, and the time limits.
    pub(crate) capacity: Capacity,
    random: Arc<dyn Random>,
    request_ids: Mutex<RequestIds>,
}

/// Random bytes for the ids of the next requests. They are drawn together, because each draw is a
/// system call.
#[derive(Default)]
struct RequestIds {
    bytes: [[u8; 16]; REQUEST_IDS_DRAWN],
    left: usize,
}

impl App {
    /// Makes the state around a service.
    pub fn new(
        service: Service,
        random: Arc<dyn Random>,
        scheme: Scheme,
        names: impl Into<CurrentNames>,
        capacity: Capacity,
    ) -> Arc<Self> {
        let names = names.into();
        Arc::new(Self { service, scheme, names, capacity, random, request_ids: Mutex::default() })
    }

    /// Returns the service's time.
    pub(crate) fn now(&self) -> Timestamp {
        self.service.clock().now()
    }

    /// Makes an id for a request.
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
