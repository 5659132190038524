//! What runs beside the requests: the start, workers, the sweep, the scrub, the gauges, and the
//! verification of a data directory.

pub(crate) mod gauges;
pub(crate) mod load;
pub(crate) mod runner;
pub(crate) mod scrub;
pub(crate) mod sweep;
pub(crate) mod verify;
pub(crate) mod workers;
