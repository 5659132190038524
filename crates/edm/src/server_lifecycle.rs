//! The life cycle of a server on a data directory, from its first request to its orderly shutdown.

use std::future::Future;

use anyhow::Context;
use edm_server::Bound;
use edm_service::Service;

use crate::host::random;
use crate::roles::NodeRoles;

/// Serves until `stop` resolves. Then lets requests and jobs in flight finish and closes the files.
///
/// The address answers before the generations are loaded, so that `/readyz` can report the
/// progress.
pub(crate) async fn serve(
    bound: Bound,
    service: Service,
    roles: NodeRoles,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let (failed, failure) = tokio::sync::oneshot::channel::<anyhow::Error>();
    let loading = tokio::spawn({
        let service = service.clone();
        async move {
            match service.load().await {
                Ok(summary) => {
                    tracing::info!(
                        generation_count = summary.generation_count,
                        "live generations are loaded"
                    );
                    Some(if roles.worker { service.start_workers() } else { service.start_sweeper() })
                }
                Err(error) => {
                    // There is no receiver if the server is stopping anyway.
                    let _ = failed.send(anyhow::Error::new(error).context("cannot use the data directory"));
                    None
                }
            }
        }
    });
    let (cause, caused) = std::sync::mpsc::channel();
    let until = async move {
        tokio::select! {
            () = stop => {}
            Ok(error) = failure => {
                let _ = cause.send(error);
            }
        }
    };
    let served = bound.serve(service.clone(), random(), until).await;
    if let Some(workers) = loading.await.context("loading stopped unexpectedly")? {
        workers.shutdown().await;
    }
    service.close().await;
    served?;
    match caused.try_recv() {
        Ok(error) => Err(error),
        Err(_) => Ok(()),
    }
}

/// Resolves when the user or the system asks the program to stop.
pub(crate) async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals, only the end of the process stops it.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
