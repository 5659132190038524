//! The difference between two configurations, and the part of it that a running server can apply.

use super::ServeConfig;

/// The keys that a running server applies on SIGHUP. All others are only read at start-up.
pub(crate) const LIVE_KEYS: [&str; 17] = [
    "server.public_url",
    "server.allowed_hosts",
    "server.trusted_proxies",
    "tls.certificate",
    "tls.key",
    "matching.timeout_ms",
    "indexing.collect_grace_seconds",
    "indexing.scrub_bytes_per_second",
    "sessions.allow_weak_salts",
    "sessions.shrink_percent_min",
    "sessions.upload_uri_seconds",
    "sessions.idle_seconds",
    "lookup.lookups_per_minute",
    "readiness.required",
    "limits.connections",
    "limits.connections_per_address",
    "log.filter",
];

impl ServeConfig {
    /// Returns the names (`section.key`) of the keys that differ.
    pub(crate) fn changed_keys(&self, other: &Self) -> Vec<String> {
        let (ours, theirs) = (self.values(), other.values());
        let changed = ours.iter().zip(&theirs).filter(|(ours, theirs)| ours != theirs);
        changed.map(|((name, _), _)| name.clone()).collect()
    }

    /// Returns every key with its value, in the same order for every configuration.
    pub(super) fn values(&self) -> Vec<(String, serde_json::Value)> {
        let sections =
            serde_json::to_value(self).expect("settings have string keys and no failing serialisers");
        let sections = sections.as_object().into_iter().flatten();
        let keys = sections.flat_map(|(section, keys)| {
            let keys = keys.as_object().into_iter().flatten();
            keys.map(move |(key, value)| (format!("{section}.{key}"), value.clone()))
        });
        keys.collect()
    }
}

/// Returns whether a running server applies the key.
pub(crate) fn is_live(key: &str) -> bool {
    LIVE_KEYS.contains(&key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn changes_are_told_by_the_names_of_their_keys() {
        let check = |before: &str, after: &str, expected: &[&str]| {
            let (before, after) = (ServeConfig::parse(before).unwrap(), ServeConfig::parse(after).unwrap());
            assert_eq!(before.changed_keys(&after), expected, "{before:?}");
            assert_eq!(after.changed_keys(&before), expected, "{before:?}");
        };
        check("", "", &[]);
        check("[server]\nroles = [\"api\", \"worker\"]", "[server]\nroles = [\"worker\", \"api\"]", &[]);
        check("", "[server]\nlisten = \"127.0.0.1:1\"", &["server.listen"]);
        check("[readiness]\nrequired = [\"a\"]", "[readiness]\nrequired = [\"b\"]", &["readiness.required"]);
        check(
            "[lookup]\nlookups_per_minute = 1",
            "[indexing]\nworkers = 2",
            &["indexing.workers", "lookup.lookups_per_minute"],
        );
    }

    /// The documentation lists the live keys in a section.
    #[test]
    fn the_documentation_names_what_a_running_server_takes_over() {
        let page = include_str!("../../../../docs/operations/configuration.md");
        let section =
            page.split("## While the server runs").nth(1).and_then(|rest| rest.split("\n## ").next());
        let known: BTreeSet<String> =
            ServeConfig::default().values().into_iter().map(|(name, _)| name).collect();
        let documented = section.unwrap_or_default().split('`').filter(|word| known.contains(*word));
        assert_eq!(documented.collect::<BTreeSet<_>>(), LIVE_KEYS.into_iter().collect());
    }
}
