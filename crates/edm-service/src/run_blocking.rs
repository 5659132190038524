//! Moves long work off the threads of async tasks.

use crate::error::{Error, ErrorKind};

/// Runs long work on a thread that may block.
pub(crate) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|source| Error::of(ErrorKind::Internal).because(source))
}
