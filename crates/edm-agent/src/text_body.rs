//! Classifies a text of any length. It is sent as it is read and never held as a whole.

use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use edm_graph::{ClassificationResult, path};
use reqwest::Body;
use reqwest::header::CONTENT_TYPE;
use tokio::sync::mpsc;

use crate::client::{GraphClient, checked, parse, unreachable};
use crate::error::{Error, ErrorKind};
use crate::source::from_io;

const PIECE_BYTES: usize = 64 * 1024;
/// Pieces read ahead.
const PIECES_WAITING: usize = 8;

impl GraphClient {
    /// Classifies a UTF-8 text of any length; a [`Utf8Text`](crate::Utf8Text) makes it UTF-8.
    /// `options` go into the query. There is no retry, because the text cannot be read twice. Fails
    /// with the error of reading, if reading failed.
    pub async fn classify_text(
        &self,
        options: &[(&str, String)],
        text: impl Read + Send + 'static,
    ) -> Result<ClassificationResult, Error> {
        let (sender, mut receiver) = mpsc::channel(PIECES_WAITING);
        let fault = Arc::new(Mutex::new(None));
        let noted = fault.clone();
        let reading = tokio::task::spawn_blocking(move || {
            if let Err(error) = read_pieces(text, &sender) {
                *noted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                // Aborts the request. A normal end would look like the end of the text.
                let _ = sender.blocking_send(Err(io::ErrorKind::InvalidData.into()));
            }
        });
        let pieces = futures::stream::poll_fn(move |context| receiver.poll_recv(context));
        let mut url = self.url(path::CLASSIFY, &[]);
        url.query_pairs_mut().extend_pairs(options);
        let request =
            self.authorized(self.unhurried.post(url)).header(CONTENT_TYPE, "text/plain; charset=utf-8");
        let answer = match request.body(Body::wrap_stream(pieces)).send().await {
            Ok(response) => checked(response).await,
            Err(error) => Err(unreachable(error)),
        };
        reading.await.map_err(|error| Error::caused(ErrorKind::Interrupted, error))?;
        match fault.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error
                .downcast::<edm_extract::Error>()
                .map_or_else(from_io, |error| Error::new(ErrorKind::NotText(error)))),
            None => parse(&answer.map_err(|error| self.named(error))?),
        }
    }
}

fn read_pieces(mut text: impl Read, sender: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    loop {
        let mut piece = vec![0; PIECE_BYTES];
        let length = text.read(&mut piece)?;
        piece.truncate(length);
        if length == 0 || sender.blocking_send(Ok(piece.into())).is_err() {
            return Ok(());
        }
    }
}
