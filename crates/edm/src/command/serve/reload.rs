//! The reload on `SIGHUP`: reads the configuration file and the certificate again. Errors never end
//! the server, and an invalid file changes nothing.

use edm_server::{LiveSettings, Replaced};
use edm_service::Service;

use super::{self as serve, ServeArguments};
use crate::config::{ServeConfig, is_live};
use crate::hangup::Hangups;
use crate::host::now;
use crate::program_log::LogFilter;

/// The state that a reload needs.
pub(crate) struct Reload {
    pub(crate) arguments: ServeArguments,
    /// The settings at start-up.
    pub(crate) started: ServeConfig,
    /// The settings read last.
    pub(crate) latest: ServeConfig,
    /// The number of files that the process may open.
    pub(crate) descriptors: u64,
    pub(crate) settings: LiveSettings,
    pub(crate) service: Service,
    pub(crate) log: LogFilter,
}

impl Reload {
    /// Reloads on every SIGHUP, until it is dropped.
    pub(crate) async fn at_each(mut self, mut hangups: Hangups) {
        loop {
            hangups.next().await;
            let reloading = tokio::task::spawn_blocking(move || {
                self.reload();
                self
            });
            match reloading.await {
                Ok(reload) => self = reload,
                // The log contains the panic. Later signals are ignored.
                Err(_) => return,
            }
        }
    }

    fn reload(&mut self) {
        if self.arguments.config().is_none() && self.settings.certificate().is_none() {
            tracing::info!(
                "SIGHUP: there is nothing to read again: the server has no --config and no certificate"
            );
            return;
        }
        if let Err(error) = self.reload_config() {
            let error = on_one_line(&format!("{error:#}"));
            tracing::error!(
                error,
                "SIGHUP: the configuration cannot be used, so nothing is changed: mend it"
            );
            return;
        }
        self.reload_certificate();
    }

    /// Applies the settings that a running server can apply; nothing if any of them is invalid.
    fn reload_config(&mut self) -> anyhow::Result<()> {
        let wanted = self.arguments.read_config()?;
        let limits = wanted.service_limits()?;
        let connections = wanted.connections(self.descriptors)?;
        self.log.adopt(wanted.log.filter.as_deref())?;
        self.service.adopt_limits(&limits);
        self.service.adopt_required_types(wanted.readiness.required.clone());
        self.settings.replace_names(serve::names(&wanted));
        self.settings.replace_connection_limits(connections);
        let changed = self.latest.changed_keys(&wanted).into_iter().filter(|key| is_live(key));
        let changed = changed.collect::<Vec<_>>().join(", ");
        if self.arguments.config().is_some() {
            tracing::info!(changed, "SIGHUP: the configuration was read again");
        }
        let mut waiting: Vec<String> =
            self.started.changed_keys(&wanted).into_iter().filter(|key| !is_live(key)).collect();
        if self.settings.certificate().is_some() != serve::tls_files(&wanted).is_some() {
            waiting.extend(["tls.certificate".to_owned(), "tls.key".to_owned()]);
        }
        if !waiting.is_empty() {
            let keys = waiting.join(", ");
            tracing::warn!(keys, "SIGHUP: these settings changed and need a restart");
        }
        self.latest = wanted;
        Ok(())
    }

    fn reload_certificate(&self) {
        let Some(certificate) = self.settings.certificate() else { return };
        let Some(files) = serve::tls_files(&self.latest) else { return };
        match certificate.replace(&files) {
            Ok(replaced) => {
                let expires =
                    certificate.expires_at().map(|at| edm_graph::DateTimeOffset::new(at).to_string());
                match replaced {
                    Replaced::ByAnother => {
                        tracing::info!(
                            expires,
                            "SIGHUP: the certificate was read again: new connections see it"
                        );
                    }
                    Replaced::ByTheSame => {
                        tracing::info!(expires, "SIGHUP: the certificate was read again and is unchanged");
                    }
                }
                serve::warn_of_refusals(certificate, now());
            }
            Err(error) => {
                let error = on_one_line(&format!("{:#}", anyhow::Error::new(error)));
                tracing::error!(
                    error,
                    "SIGHUP: the certificate cannot be used, so the one before stays: mend it"
                );
            }
        }
    }
}

/// Returns a multi-line error as one line of the log.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
