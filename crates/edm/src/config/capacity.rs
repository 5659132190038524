//! Configuration of capacity: what callers may use at once, and the number of connections.

use std::net::IpAddr;

use anyhow::bail;
use edm_server::{CapacityLimits, ConnectionLimits, MEMORY_BYTES_MIN};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::limits::set;

/// Descriptors reserved for the catalog, blobs and indexes.
const DESCRIPTORS_FOR_FILES: u64 = 128;
/// The minimum number of connections of a useful server.
const CONNECTIONS_MIN: usize = 16;

/// What callers may use at once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Limits {
    memory_bytes: Option<usize>,
    requests_per_caller: Option<usize>,
    connections: Option<usize>,
    connections_per_address: Option<usize>,
}

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Network(IpNet);

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        let network = address.or_else(|_| text.parse::<IpNet>());
        network
            .map(Self)
            .map_err(|_| format!("“{text}” is neither an address nor a network such as 10.0.0.0/8"))
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.0.to_string()
    }
}

impl Limits {
    pub(super) fn capacity(&self) -> anyhow::Result<CapacityLimits> {
        let mut limits = CapacityLimits::default();
        let memory = MEMORY_BYTES_MIN..=1 << 40;
        set(&mut limits.memory_bytes, self.memory_bytes, "limits.memory_bytes", memory)?;
        let requests = &mut limits.requests_per_caller;
        set(requests, self.requests_per_caller, "limits.requests_per_caller", 1..=100_000)?;
        let mut connections = ConnectionLimits::default();
        self.apply(&mut connections)?;
        Ok(limits)
    }

    pub(super) fn connections(
        &self,
        trusted: Option<&[Network]>,
        descriptors: u64,
    ) -> anyhow::Result<ConnectionLimits> {
        let mut limits = ConnectionLimits::default();
        self.apply(&mut limits)?;
        if let Some(trusted) = trusted {
            limits.trusted_proxies = trusted.iter().map(|network| network.0).collect();
        }
        let room = usize::try_from(descriptors.saturating_sub(DESCRIPTORS_FOR_FILES)).unwrap_or(usize::MAX);
        let room = room.max(CONNECTIONS_MIN);
        match self.connections {
            Some(wanted) if wanted > room => bail!(
                "limits.connections is {wanted}, and the process may open {descriptors} files, of which \
                 {DESCRIPTORS_FOR_FILES} are kept for data: allow it more (ulimit -n, LimitNOFILE), or ask for {room}"
            ),
            Some(_) => {}
            None => limits.total = limits.total.min(room),
        }
        Ok(limits)
    }

    fn apply(&self, limits: &mut ConnectionLimits) -> anyhow::Result<()> {
        let total = CONNECTIONS_MIN..=1_000_000;
        set(&mut limits.total, self.connections, "limits.connections", total)?;
        let one = 1..=1_000_000;
        set(&mut limits.per_address, self.connections_per_address, "limits.connections_per_address", one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_to_files() {
        let check = |wanted: Option<usize>, descriptors: u64, expected: Option<usize>| {
            let limits = Limits { connections: wanted, ..Limits::default() };
            let total = limits.connections(None, descriptors).ok().map(|limits| limits.total);
            assert_eq!(total, expected, "{wanted:?} of {descriptors}");
        };
        check(None, 1 << 20, Some(4_096));
        check(None, 1_024, Some(896));
        check(None, 100, Some(16));
        check(Some(896), 1_024, Some(896));
        check(Some(897), 1_024, None);
        check(Some(100_000), 1 << 20, Some(100_000));
    }
}
