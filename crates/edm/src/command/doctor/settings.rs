//! Checks of the server's machine and configuration file: settings, certificate, open files, core
//! dumps.

use std::path::Path;

use edm_server::{ServerCertificate, TlsFiles, refuse_plain};

use super::Check;
use crate::command::serve::{NAMED_CERTIFICATE, tls_files};
use crate::config::ServeConfig;
use crate::host::{core_dumps_are_forbidden, descriptors_max, now};

const DAY_SECONDS: i64 = 24 * 3_600;
/// A renewal that has not happened by then has probably failed.
const EXPIRY_DAYS_MIN: i64 = 21;
/// The descriptors that a server uses by default: 4,096 connections and the files of its data.
const DESCRIPTORS_WANTED: u64 = 4_096 + 128;

/// Checks the configuration file if there is one, the certificate given or named in the file, and
/// the machine.
pub(super) fn checks(config: Option<&Path>, said: Option<TlsFiles>) -> Vec<Check> {
    let mut checks: Vec<Check> = said.as_ref().map(certificate).into_iter().collect();
    if let Some(path) = config {
        match ServeConfig::read(path) {
            Ok(config) => {
                checks.push(Check::fine("config", format!("{} can be used", path.display())));
                checks.extend(listen(&config, said.is_some()));
                let named = tls_files(&config).filter(|_| said.is_none());
                checks.extend(named.as_ref().map(certificate));
                checks.push(open_files(Some(&config)));
            }
            Err(error) => {
                let found = format!("{error:#}").split_whitespace().collect::<Vec<_>>().join(" ");
                checks.push(Check::failed(
                    "config",
                    found,
                    "mend it: docs/operations/configuration.md lists every key",
                ));
                checks.push(open_files(None));
            }
        }
    }
    checks.push(core_dumps());
    checks
}

/// Fails on an address that the server would refuse or that this machine does not have.
fn listen(config: &ServeConfig, has_certificate: bool) -> Option<Check> {
    let address = config.server.listen?;
    let is_safe =
        has_certificate || tls_files(config).is_some() || config.server.insecure_http.unwrap_or_default();
    if let Err(error) = refuse_plain(address, is_safe) {
        return Some(Check::failed("listen", error.to_string(), "mend server.listen or tls.certificate"));
    }
    // Port 0 binds any free port. Whether a server uses the port itself is a separate check.
    let error = std::net::TcpListener::bind((address.ip(), 0)).err()?;
    let found = format!("server.listen is {address}, and this machine has no such address: {error}");
    Some(Check::failed("listen", found, "name an address of this machine, or 0.0.0.0"))
}

fn certificate(files: &TlsFiles) -> Check {
    let certificate = match ServerCertificate::read(files) {
        Ok(certificate) => certificate,
        Err(error) => {
            let found = format!("{:#}", anyhow::Error::new(error));
            return Check::failed("certificate", found, "name a certificate and its own key, both PEM");
        }
    };
    let name = files.certificate.display();
    let renew = "renew it, and send the server SIGHUP";
    let moment = now();
    if certificate.is_outdated(moment) {
        return Check::failed("certificate", format!("{name} is over, or has not begun"), renew);
    }
    if certificate.is_nameless() {
        let found = format!("{name} contains no subjectAltName, so edm's clients and most others refuse it");
        return Check::failed("certificate", found, NAMED_CERTIFICATE);
    }
    let Some(expires_at) = certificate.expires_at() else {
        return Check::fine("certificate", format!("{name} fits its key"));
    };
    let days = (expires_at.as_micros() - moment.as_micros()) / 1_000_000 / DAY_SECONDS;
    let until = edm_graph::DateTimeOffset::new(expires_at);
    match days < EXPIRY_DAYS_MIN {
        true => Check::warning("certificate", format!("{name} is over in {days} days, at {until}"), renew),
        false => Check::fine("certificate", format!("{name} fits its key and holds until {until}")),
    }
}

fn open_files(config: Option<&ServeConfig>) -> Check {
    let (allowed, raise) = (descriptors_max(), "allow more: ulimit -Hn, or LimitNOFILE in the unit");
    if let Some(Err(error)) = config.map(|config| config.connections(allowed)) {
        return Check::failed("open files", error.to_string(), raise);
    }
    match allowed {
        u64::MAX => Check::fine("open files", "as many as there are"),
        allowed if allowed < DESCRIPTORS_WANTED => {
            let found =
                format!("this user may open {allowed}, so a server takes fewer connections than it could");
            Check::warning("open files", found, raise)
        }
        allowed => Check::fine("open files", format!("this user may open {allowed}")),
    }
}

fn core_dumps() -> Check {
    match core_dumps_are_forbidden() {
        true => Check::fine("core dumps", "a process of edm leaves none on this machine"),
        false => {
            let found = "a crash leaves texts and keys on the disk";
            Check::warning("core dumps", found, "leave --allow-core-dumps out, or forbid them by the system")
        }
    }
}
