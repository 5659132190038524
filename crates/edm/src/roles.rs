//! The roles of one process of the service.

use std::fmt;
use std::str::FromStr;

/// A set of roles, not empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NodeRoles {
    /// Answers requests.
    pub(crate) api: bool,
    /// Builds indexes.
    pub(crate) worker: bool,
}

impl Default for NodeRoles {
    fn default() -> Self {
        Self { api: true, worker: true }
    }
}

impl FromStr for NodeRoles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of(text.split(','))
    }
}

impl NodeRoles {
    pub(crate) fn of<'t>(names: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let mut roles = Self { api: false, worker: false };
        for name in names {
            match name.trim() {
                "api" => roles.api = true,
                "worker" => roles.worker = true,
                other => return Err(format!("there is no role “{other}”: give api, worker, or both")),
            }
        }
        match roles {
            Self { api: false, worker: false } => {
                Err("no role is named: give api, worker, or both".to_owned())
            }
            roles => Ok(roles),
        }
    }

    pub(crate) fn names(self) -> Vec<&'static str> {
        [(self.api, "api"), (self.worker, "worker")]
            .into_iter()
            .filter_map(|(has, name)| has.then_some(name))
            .collect()
    }
}

impl fmt::Display for NodeRoles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names().join(","))
    }
}

impl serde::Serialize for NodeRoles {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.names().serialize(serializer)
    }
}

impl<'de> serde::Deserialize<'de> for NodeRoles {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        Self::of(names.iter().map(String::as_str)).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_and_unknown_ones_refused() {
        let check = |text: &str, expected: Result<&str, &str>| match (text.parse::<NodeRoles>(), expected) {
            (Ok(roles), Ok(expected)) => assert_eq!(roles.to_string(), expected, "{text}"),
            (Err(error), Err(part)) => assert!(error.contains(part), "{text}: {error}"),
            (read, expected) => panic!("{text}: {read:?} instead of {expected:?}"),
        };
        check("api,worker", Ok("api,worker"));
        check("worker, api", Ok("api,worker"));
        check("api", Ok("api"));
        check("worker", Ok("worker"));
        check("api,api", Ok("api"));
        check("", Err("“”"));
        check("API", Err("“API”"));
        check("api,master", Err("“master”"));
    }
}
