//! Work that takes long leaves the threads of async tasks.

use crate::error::{Error, ErrorKind};

/// Runs work that takes long on a thread that may block.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|source| Error::of(ErrorKind::Internal).because(source))
}
