//! The configuration file of `edm serve --config`: one small struct per section, read and checked
//! once.
//!
//! Every key is optional. The command line takes precedence over the file, and the file over the
//! defaults. `docs/operations/configuration.md` lists every key; a test compares it with the code.

mod capacity;
mod changes;
mod limits;
mod log;

use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use edm_server::Names;
use serde::{Deserialize, Serialize};

use crate::program_log::filter_of;
use crate::regular_file::open_regular;
use crate::roles::NodeRoles;
use capacity::{Limits, Network};
pub(crate) use changes::is_live;
use limits::{Indexing, Lookup, Matching, Readiness, Sessions};
pub(crate) use log::{LogFormat, LogSection};

/// The default address.
pub(crate) const LISTEN_DEFAULT: &str = "127.0.0.1:8080";
/// Maximum size of the file. A larger one is not a configuration file.
const CONFIG_BYTES_MAX: usize = 256 * 1024;

/// The content of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServeConfig {
    pub(crate) server: ServerSection,
    pub(crate) tls: TlsSection,
    matching: Matching,
    indexing: Indexing,
    sessions: Sessions,
    lookup: Lookup,
    pub(crate) readiness: Readiness,
    limits: Limits,
    pub(crate) log: LogSection,
}

/// Addresses and roles of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ServerSection {
    /// Address to listen on.
    pub(crate) listen: Option<SocketAddr>,
    /// The base URL that clients see, if there is a proxy.
    pub(crate) public_url: Option<String>,
    /// Host names that a request may use.
    pub(crate) allowed_hosts: Vec<String>,
    /// Addresses or networks without a limit on the number of connections.
    pub(crate) trusted_proxies: Option<Vec<Network>>,
    /// Whether to listen beyond this machine without TLS.
    pub(crate) insecure_http: Option<bool>,
    /// The roles of this process.
    pub(crate) roles: Option<NodeRoles>,
}

/// Certificate and key, both or neither.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TlsSection {
    /// PEM certificate chain.
    pub(crate) certificate: Option<PathBuf>,
    /// PEM private key.
    pub(crate) key: Option<PathBuf>,
}

impl ServeConfig {
    /// Reads the file. Relative paths in it refer to its folder.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let file = open_regular(path).with_context(|| format!("cannot read {name}"))?;
        let mut text = String::new();
        let read = file.take(CONFIG_BYTES_MAX as u64 + 1).read_to_string(&mut text);
        read.with_context(|| format!("cannot read {name}"))?;
        if text.len() > CONFIG_BYTES_MAX {
            bail!("{name} has more than {CONFIG_BYTES_MAX} bytes: is it the configuration?");
        }
        let mut config = Self::parse(&text).with_context(|| format!("{name} cannot be used"))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        for file in [&mut config.tls.certificate, &mut config.tls.key].into_iter().flatten() {
            *file = folder.join(&*file);
        }
        Ok(config)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        if config.tls.certificate.is_some() != config.tls.key.is_some() {
            bail!("tls.certificate and tls.key go together: give both, or neither");
        }
        config.service_limits()?;
        config.capacity()?;
        filter_of(config.log.filter.as_deref())?;
        names(&config).check()?;
        Ok(config)
    }

    /// Returns the capacity limits. Fails on a number outside its bounds.
    pub(crate) fn capacity(&self) -> anyhow::Result<edm_server::CapacityLimits> {
        self.limits.capacity()
    }

    /// Returns the connection limits for a process that may open this many files. Fails on a number
    /// outside its bounds.
    pub(crate) fn connections(&self, descriptors: u64) -> anyhow::Result<edm_server::ConnectionLimits> {
        self.limits.connections(self.server.trusted_proxies.as_deref(), descriptors)
    }

    /// Returns the limits of the service, with defaults for missing keys. Fails on a number outside
    /// its bounds.
    pub(crate) fn service_limits(&self) -> anyhow::Result<edm_service::ServiceLimits> {
        let mut limits = edm_service::ServiceLimits::default();
        self.matching.apply(&mut limits)?;
        self.indexing.apply(&mut limits)?;
        self.sessions.apply(&mut limits)?;
        self.lookup.apply(&mut limits)?;
        Ok(limits)
    }
}

/// Returns the names of the server in URLs.
pub(crate) fn names(config: &ServeConfig) -> Names {
    let server = &config.server;
    Names { public_url: server.public_url.clone(), allowed_hosts: server.allowed_hosts.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use edm_service::ServiceLimits;

    use super::*;

    const WHOLE: &str = r#"
        [server]
        listen = "0.0.0.0:8443"
        public_url = "https://edm.example.org"
        allowed_hosts = ["edm.example.org"]
        trusted_proxies = ["192.0.2.7", "2001:db8::/32"]
        insecure_http = false
        roles = ["worker"]
        [tls]
        certificate = "server.pem"
        key = "/etc/edm/server.key"
        [matching]
        concurrency = 3
        queue_length = 7
        timeout_ms = 1000
        [indexing]
        workers = 5
        memory_bytes = 134217728
        collect_grace_seconds = 60
        scrub_bytes_per_second = 1048576
        [sessions]
        allow_weak_salts = true
        shrink_percent_min = 50
        upload_uri_seconds = 120
        idle_seconds = 86400
        [lookup]
        lookups_per_minute = 10
        [readiness]
        required = ["patients"]
        [limits]
        memory_bytes = 134217728
        requests_per_caller = 11
        connections = 17
        connections_per_address = 13
        [log]
        format = "json"
        filter = "warn,edm_service=debug"
    "#;

    #[test]
    fn every_setting_arrives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("edm.toml");
        std::fs::write(&path, WHOLE).unwrap();
        let config = ServeConfig::read(&path).unwrap();
        let expected = ServiceLimits {
            worker_count: 5,
            build_memory_bytes: 134_217_728,
            match_concurrency: 3,
            match_queue_length: 7,
            match_timeout_ms_default: 1_000,
            collect_grace_seconds: 60,
            scrub_bytes_per_second: 1_048_576,
            allow_weak_salts: true,
            lookups_per_minute: 10,
            list_ms_max: ServiceLimits::default().list_ms_max,
            shrink_percent_min: 50,
            upload_uri_seconds: 120,
            session_idle_seconds: 86_400,
        };
        assert_eq!(config.service_limits().unwrap(), expected);
        assert_eq!(config.readiness.required, ["patients"]);
        assert_eq!(config.server.listen, Some("0.0.0.0:8443".parse().unwrap()));
        assert_eq!(config.server.public_url.as_deref(), Some("https://edm.example.org"));
        assert_eq!(config.server.roles, Some(NodeRoles { api: false, worker: true }));
        assert_eq!(config.tls.certificate, Some(folder.path().join("server.pem")), "beside the file");
        assert_eq!(config.tls.key, Some(PathBuf::from("/etc/edm/server.key")));
        assert_eq!(config.server.allowed_hosts, ["edm.example.org"]);
        let log = (config.log.format, config.log.filter.as_deref());
        assert_eq!(log, (Some(LogFormat::Json), Some("warn,edm_service=debug")));
        let capacity = config.capacity().unwrap();
        assert_eq!((capacity.memory_bytes, capacity.requests_per_caller), (134_217_728, 11));
        let connections = config.connections(1_024).unwrap();
        let networks = ["192.0.2.7/32", "2001:db8::/32"].map(|net| net.parse().unwrap());
        assert_eq!((connections.total, connections.per_address), (17, 13));
        assert_eq!(connections.trusted_proxies, networks);
        let empty = ServeConfig::parse("").unwrap();
        assert_eq!(empty.capacity().unwrap(), edm_server::CapacityLimits::default());
        assert_eq!(empty.connections(1 << 20).unwrap(), edm_server::ConnectionLimits::default());
        assert_eq!(empty.service_limits().unwrap(), ServiceLimits::default());
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        let check = |text: &str, part: &str| {
            let refused = ServeConfig::parse(text).expect_err(part);
            assert!(format!("{refused:#}").contains(part), "{text}: {refused:#}");
        };
        check("[matching]\nconcurency = 3", "concurency");
        check("[maching]\nconcurrency = 3", "maching");
        check("worker = 3", "worker");
        check("[server]\nroles = [\"master\"]", "“master”");
        check("[server]\nroles = []", "api");
        check("[server]\nlisten = \"localhost\"", "listen");
        check("[matching]\nconcurrency = 0", "matching.concurrency");
        check("[matching]\nconcurrency = \"3\"", "concurrency");
        check("[matching]\ntimeout_ms = 600001", "matching.timeout_ms");
        check("[indexing]\nmemory_bytes = 1024", "indexing.memory_bytes");
        check("[indexing]\nworkers = -1", "workers");
        check("[sessions]\nshrink_percent_min = 101", "sessions.shrink_percent_min");
        check("[sessions]\nupload_uri_seconds = 59", "sessions.upload_uri_seconds");
        check("[lookup]\nlookups_per_minute = 0", "lookup.lookups_per_minute");
        check("[limits]\nmemory_bytes = 1024", "limits.memory_bytes");
        check("[limits]\nrequests_per_caller = 0", "limits.requests_per_caller");
        check("[limits]\nconnections = 1", "limits.connections");
        check("[limits]\nconnections_per_address = 0", "limits.connections_per_address");
        check("[server]\ntrusted_proxies = [\"proxy\"]", "“proxy”");
        check("[server]\ntrusted_proxies = [\"10.0.0.0/33\"]", "“10.0.0.0/33”");
        check("[tls]\nkey = \"a\"", "tls.certificate");
        check("[log]\nformat = \"xml\"", "xml");
        check("[log]\nfilter = \"edm=loud\"", "log.filter is “edm=loud”");
        check("[log]\nfilter = \"warning\"", "log.filter is “warning”");
        check("[server]\nallowed_hosts = [\"a\", \"b:1\"]", "server.allowed_hosts has “b:1”");
        check("[server]\npublic_url = \"edm.example.org\"", "server.public_url is “edm.example.org”");
        check("[tls", "line 1");
    }

    /// Returns the tables of the documentation: `| `section.key` | unit | default | … |`.
    fn documented() -> BTreeMap<String, String> {
        let page = include_str!("../../../../docs/operations/configuration.md");
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let key = cells.next()?.trim_end_matches('`').to_owned();
            Some((key, cells.nth(1)?.trim_matches('`').to_owned()))
        });
        rows.collect()
    }

    #[test]
    fn the_documentation_names_every_key_with_its_default() {
        let limits = ServiceLimits::default();
        let (capacity, connections) =
            (edm_server::CapacityLimits::default(), edm_server::ConnectionLimits::default());
        let mut expected = BTreeMap::new();
        for (name, _) in ServeConfig::default().values() {
            let default = match name.as_str() {
                "server.listen" => LISTEN_DEFAULT.to_owned(),
                "server.insecure_http" => "false".to_owned(),
                "server.roles" => "[\"api\", \"worker\"]".to_owned(),
                "server.public_url"
                | "server.allowed_hosts"
                | "tls.certificate"
                | "tls.key"
                | "readiness.required" => "none".to_owned(),
                "server.trusted_proxies" => "[\"127.0.0.0/8\", \"::1/128\"]".to_owned(),
                "limits.memory_bytes" => capacity.memory_bytes.to_string(),
                "limits.requests_per_caller" => capacity.requests_per_caller.to_string(),
                "limits.connections" => connections.total.to_string(),
                "limits.connections_per_address" => connections.per_address.to_string(),
                "matching.concurrency" | "indexing.workers" => "cores".to_owned(),
                "matching.queue_length" => limits.match_queue_length.to_string(),
                "matching.timeout_ms" => limits.match_timeout_ms_default.to_string(),
                "indexing.memory_bytes" => limits.build_memory_bytes.to_string(),
                "indexing.scrub_bytes_per_second" => limits.scrub_bytes_per_second.to_string(),
                "indexing.collect_grace_seconds" => limits.collect_grace_seconds.to_string(),
                "sessions.allow_weak_salts" => limits.allow_weak_salts.to_string(),
                "sessions.shrink_percent_min" => limits.shrink_percent_min.to_string(),
                "sessions.upload_uri_seconds" => limits.upload_uri_seconds.to_string(),
                "sessions.idle_seconds" => limits.session_idle_seconds.to_string(),
                "log.format" => "text".to_owned(),
                "log.filter" => crate::program_log::FILTER_DEFAULT.to_owned(),
                "lookup.lookups_per_minute" => limits.lookups_per_minute.to_string(),
                other => panic!("{other} is new: document it, and name its default here"),
            };
            expected.insert(name, default);
        }
        assert_eq!(documented(), expected);
    }
}
