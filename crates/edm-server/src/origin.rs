//! The beginning of absolute addresses in answers: nextLink, Location, dataUploadURI.

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::{HeaderMap, Uri, header};

use crate::error::HttpProblem;
use crate::serve_error::{ServeError, ServeErrorKind};

/// The bytes of the longest host name that an answer repeats.
const HOST_BYTES_MAX: usize = 300;

/// The protocol between clients and the server, for addresses in answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTPS, with TLS terminated here.
    Https,
}

impl Scheme {
    /// Returns the word before `://`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }
}

/// The names of the server in addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// The beginning of addresses in answers if there is a proxy, such as
    /// `https://edm.example.org`. The Host of a request is then ignored.
    pub public_url: Option<String>,
    /// The hosts, without ports, that a request may name; any if empty.
    pub allowed_hosts: Vec<String>,
}

/// The current names.
#[derive(Debug, Clone)]
pub struct CurrentNames(Arc<ArcSwap<Names>>);

impl From<Names> for CurrentNames {
    fn from(names: Names) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(names)))
    }
}

impl CurrentNames {
    pub(crate) fn replace(&self, names: Names) {
        self.0.store(Arc::new(names));
    }
}

/// Scheme and host, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin(String);

impl Origin {
    /// Returns the configured address, else the scheme of the listener and the Host of the request.
    /// Fails if Host is invalid or not allowed: a client that can choose it freely would choose
    /// where addresses in answers lead.
    pub(crate) fn of(scheme: Scheme, names: &CurrentNames, headers: &HeaderMap) -> Result<Self, HttpProblem> {
        let names = names.0.load();
        if let Some(url) = &names.public_url {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        // Requests of HTTP/1.0 may have no Host.
        let Some(host) = headers.get(header::HOST) else {
            return Ok(Self(format!("{}://localhost", scheme.as_str())));
        };
        let host = host.to_str().ok().filter(|host| is_host(host)).ok_or(HttpProblem::InvalidHost)?;
        if !names.allows(host) {
            return Err(HttpProblem::ForeignHost);
        }
        Ok(Self(format!("{}://{host}", scheme.as_str())))
    }

    /// Returns the address of a canonical path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.0, edm_graph::path::BASE)
    }

    /// Returns the address of a path that is not below `/beta`.
    pub(crate) fn plain_url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

impl Names {
    /// Fails on an invalid public address, and on a host that no request can name.
    pub fn check(&self) -> Result<(), ServeError> {
        if let Some(url) = self.public_url.as_deref().filter(|url| !is_base(url)) {
            let url = url.escape_debug();
            return Err(ServeError::plain(
                ServeErrorKind::Names,
                format!(
                    "server.public_url is “{url}”: give an address such as https://edm.example.org, without query or fragment"
                ),
            ));
        }
        let is_name = |host: &str| {
            is_host(host) && without_port(host) == host && !host.starts_with('.') && !host.ends_with('.')
        };
        match self.allowed_hosts.iter().find(|host| !is_name(host)) {
            Some(host) => Err(ServeError::plain(
                ServeErrorKind::Names,
                format!(
                    "server.allowed_hosts has “{}”: give a name or an address alone, such as edm.example.org or [::1], without scheme, \
                 port, path, wildcard or a dot at its end",
                    host.escape_debug()
                ),
            )),
            None => Ok(()),
        }
    }

    fn allows(&self, host: &str) -> bool {
        let name = without_port(host);
        self.allowed_hosts.is_empty()
            || self.allowed_hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Returns whether paths can be appended to an address.
fn is_base(url: &str) -> bool {
    // The parser silently drops a fragment.
    let Some(uri) = url.parse::<Uri>().ok().filter(|_| !url.contains(['?', '#'])) else { return false };
    let is_web = matches!(uri.scheme_str(), Some("http" | "https"));
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_place = uri.authority().is_some_and(|place| {
        let port = place.as_str().get(without_port(place.as_str()).len()..).unwrap_or("");
        is_host(place.as_str()) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
    });
    is_web && is_place
}

/// Returns whether a text is a host name or an IP address, with or without a port.
fn is_host(text: &str) -> bool {
    let name = without_port(text);
    let port = text.get(name.len()..).unwrap_or("");
    let is_port = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    let is_name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)),
    };
    !name.is_empty() && text.len() <= HOST_BYTES_MAX && is_port && is_name
}

fn without_port(host: &str) -> &str {
    let end = match host.starts_with('[') {
        true => host.find(']').map(|end| end + 1),
        false => host.find(':'),
    };
    end.and_then(|end| host.get(..end)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_a_port_or_without() {
        let check = |text: &str, expected: bool| assert_eq!(is_host(text), expected, "{text}");
        for host in
            ["edm", "edm.example.org", "a_b-c.example:8443", "127.0.0.1:1", "[::1]:8080", "[2001:db8::1]"]
        {
            check(host, true);
        }
        for other in
            ["", ":80", "a b", "a/b", "a@b", "a:b", "a:1:2", "[::1", "[edm]", "::1", "a\"b", "[::1]a"]
        {
            check(other, false);
        }
        check(&"a".repeat(301), false);
    }

    /// `allowed_hosts = ["https://edm.example.org"]` once refused every request, and any text was
    /// accepted as the public address.
    #[test]
    fn names_that_are_of_no_use_are_refused() {
        let check = |names: Names, part: Option<&str>| match (names.check(), part) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) => assert!(error.to_string().contains(part), "{error}"),
            (checked, part) => panic!("{names:?}: {checked:?}, not {part:?}"),
        };
        let host = |host: &str| Names { public_url: None, allowed_hosts: vec![host.to_owned()] };
        for known in ["edm.example.org", "127.0.0.1", "[::1]", "a_b"] {
            check(host(known), None);
        }
        for other in [
            "",
            "https://edm.example.org",
            "edm:8443",
            "edm/",
            "*.example.org",
            ".example.org",
            "edm.",
            "::1",
            "a b",
        ] {
            check(host(other), Some("server.allowed_hosts has “"));
        }
        let url = |url: &str| Names { public_url: Some(url.to_owned()), allowed_hosts: Vec::new() };
        for known in ["https://edm.example.org", "http://[::1]:8080/", "https://example.org:8443/edm"] {
            check(url(known), None);
        }
        for other in [
            "",
            "edm.example.org",
            "/edm",
            "ftp://edm",
            "https://",
            "https://a b",
            "https://edm?a",
            "https://edm#a",
            "https://user@edm",
            "https://edm:0",
            "https://edm:99999",
            "https://edm:",
        ] {
            check(url(other), Some("server.public_url is “"));
        }
    }

    #[test]
    fn hosts_are_allowed_by_name_whatever_the_port() {
        let names = |hosts: &[&str]| Names {
            public_url: None,
            allowed_hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
        };
        let check = |hosts: &[&str], host: &str, expected: bool| {
            assert_eq!(names(hosts).allows(host), expected, "{host} among {hosts:?}");
        };
        check(&[], "anything", true);
        check(&["edm.example.org", "[::1]"], "EDM.example.org:8443", true);
        check(&["edm.example.org", "[::1]"], "[::1]:8443", true);
        check(&["edm.example.org"], "evil.example", false);
        check(&["edm.example.org"], "edm.example.org.evil.example", false);
    }
}
