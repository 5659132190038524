//! What runs beside the requests: workers, the sweep, the scrub, and the verification of a data directory.

pub(crate) mod scrub;
pub(crate) mod verify;
pub(crate) mod workers;
