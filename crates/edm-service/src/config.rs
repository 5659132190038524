//! How a server is set up.

use std::path::PathBuf;

use crate::secrets::master_key::MasterKey;
use crate::service_limits::ServiceLimits;

/// How a server is set up.
pub struct ServiceConfig {
    /// Where the catalog and the blobs are.
    pub data_dir: PathBuf,
    /// The key that encrypts the secrets in them.
    pub master_key: MasterKey,
    /// How much it may do at once.
    pub limits: ServiceLimits,
    /// Sensitive types, by name or id, without which it is not ready.
    pub required_types: Vec<String>,
}

impl ServiceConfig {
    /// Makes a set-up with the default limits.
    pub fn new(data_dir: impl Into<PathBuf>, master_key: MasterKey) -> Self {
        Self {
            data_dir: data_dir.into(),
            master_key,
            limits: ServiceLimits::default(),
            required_types: Vec::new(),
        }
    }
}
