//! The upload wire: the subset of Azure Block Blob that a session's `dataUploadURI` serves.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edm_model::limits;
use reqwest::{Method, Response, Url};
use tokio::sync::Mutex;

use crate::client::{GraphClient, again, read_bounded, retry_after, unreachable};
use crate::error::{Error, ErrorKind, Repeat};
use crate::progress::{Event, Progress};

/// The header in which Azure's services return an error code.
const ERROR_CODE: &str = "x-ms-error-code";

/// Sends the blocks of one session, and renews the session when its URI expires.
pub(crate) struct BlockWire<'a> {
    graph: &'a GraphClient,
    store: &'a str,
    session: &'a str,
    progress: &'a dyn Progress,
    address: Mutex<Address>,
}

#[derive(Clone)]
struct Address {
    url: Url,
    /// The number of renewals so far. A task compares it to learn whether another task has renewed
    /// already.
    renewals: u32,
}

/// One request on the upload wire.
struct Call {
    method: Method,
    query: Vec<(&'static str, String)>,
    body: Bytes,
    /// The name of the request in messages about retries.
    what: &'static str,
}

impl<'a> BlockWire<'a> {
    pub(crate) fn new(
        graph: &'a GraphClient,
        store: &'a str,
        session: &'a str,
        upload_uri: &str,
        progress: &'a dyn Progress,
    ) -> Result<Self, Error> {
        let address = Address { url: graph.upload_address(upload_uri)?, renewals: 0 };
        Ok(Self { graph, store, session, progress, address: Mutex::new(address) })
    }

    /// Sends one block. Sending the same bytes again is harmless.
    pub(crate) async fn put(&self, number: u32, bytes: Bytes) -> Result<(), Error> {
        let query = vec![("comp", "block".to_owned()), ("blockid", block_id(number))];
        self.send(&Call { method: Method::PUT, query, body: bytes, what: "a block" }).await.map(drop)
    }

    /// Sends the block list: blocks 0 to `count` − 1, in order.
    pub(crate) async fn put_list(&self, count: u32) -> Result<(), Error> {
        let mut list = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
        for number in 0..count {
            list.push_str("<Latest>");
            list.push_str(&block_id(number));
            list.push_str("</Latest>");
        }
        list.push_str("</BlockList>");
        let query = vec![("comp", "blocklist".to_owned())];
        self.send(&Call { method: Method::PUT, query, body: Bytes::from(list), what: "the block list" })
            .await
            .map(drop)
    }

    /// Returns the numbers of the blocks on the server.
    pub(crate) async fn list(&self) -> Result<BTreeSet<u32>, Error> {
        let query = vec![("comp", "blocklist".to_owned()), ("blocklisttype", "all".to_owned())];
        let call = Call { method: Method::GET, query, body: Bytes::new(), what: "the block list" };
        let body = self.send(&call).await?;
        let text = String::from_utf8(body).map_err(|_| Error::new(ErrorKind::BadAnswer))?;
        let number = |id| block_number(id).ok_or_else(|| Error::new(ErrorKind::BadAnswer));
        elements(&text, "Name").map(number).collect()
    }

    /// Sends a request. If the URI has expired, renews it and tries again.
    async fn send(&self, call: &Call) -> Result<Vec<u8>, Error> {
        let address = self.address.lock().await.clone();
        match self.send_to(&address, call).await {
            Err(error) if is_expired(&error) => {
                let fresh = self.renew(address.renewals).await?;
                self.send_to(&fresh, call).await
            }
            result => result,
        }
    }

    async fn renew(&self, renewals: u32) -> Result<Address, Error> {
        let mut address = self.address.lock().await;
        // Several blocks in flight find the URI expired at once. The first to get the lock renews;
        // the others use its result.
        if address.renewals == renewals {
            let session = self.graph.renew_session(self.store, self.session).await?;
            let uri = session.data_upload_uri.ok_or_else(|| Error::new(ErrorKind::BadAnswer))?;
            *address = Address { url: self.graph.upload_address(&uri)?, renewals: renewals + 1 };
            self.progress.event(&Event::Renewed);
        }
        Ok(address.clone())
    }

    async fn send_to(&self, address: &Address, call: &Call) -> Result<Vec<u8>, Error> {
        let mut url = address.url.clone();
        // The signature is in the query already and must stay.
        url.query_pairs_mut().extend_pairs(&call.query);
        let once = || async {
            let mut request = self.graph.http().request(call.method.clone(), url.clone());
            if call.method == Method::PUT {
                request = request.body(call.body.clone());
            }
            checked(request.send().await.map_err(unreachable)?).await
        };
        again(once, Repeat::Harmless, Some(self.progress), call.what).await
    }
}

async fn checked(response: Response) -> Result<Vec<u8>, Error> {
    let status = response.status();
    let wait = retry_after(&response);
    let code = response.headers().get(ERROR_CODE).and_then(|code| code.to_str().ok()).map(str::to_owned);
    let body = read_bounded(response).await?;
    if status.is_success() {
        return Ok(body);
    }
    let text = String::from_utf8_lossy(&body);
    let message = elements(&text, "Message").next().unwrap_or("the server refused the block");
    let kind = ErrorKind::Refused {
        status: status.as_u16(),
        code: code.unwrap_or_else(|| elements(&text, "Code").next().unwrap_or("unknown").to_owned()),
        message: unescaped(message.lines().next().unwrap_or_default()),
        target: None,
    };
    Err(Error::new(kind).retry_after(wait))
}

fn is_expired(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Refused { status: 403, code, .. } if code == "AuthenticationFailed")
}

/// Returns the id of a block: its number in eight digits, in base64.
fn block_id(number: u32) -> String {
    STANDARD.encode(format!("{number:08}"))
}

fn block_number(id: &str) -> Option<u32> {
    let digits = STANDARD.decode(id.trim()).ok()?;
    let number = std::str::from_utf8(&digits).ok().filter(|digits| digits.len() == 8)?.parse().ok()?;
    (number < limits::BLOCKS_MAX).then_some(number)
}

/// Returns the contents of the elements with this name. Block ids and codes need no XML unescaping.
fn elements<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (inner, tail) = after.split_once(&close)?;
        rest = tail;
        Some(inner)
    })
}

/// Resolves XML's character entities.
fn unescaped(text: &str) -> String {
    let named = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    named.iter().fold(text.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;

    use super::*;
    use crate::client::ClientOptions;
    use crate::progress::NoProgress;

    #[test]
    fn block_ids_are_eight_digits_in_base64() {
        for (number, id) in [(0, "MDAwMDAwMDA="), (7, "MDAwMDAwMDc="), (999_999, "MDA5OTk5OTk=")] {
            assert_eq!(block_id(number), id);
            assert_eq!(block_number(id), Some(number));
        }
        for id in ["", "MDAw", "MDEwMDAwMDA=", "KzAwMDAwMDA!", "////"] {
            assert_eq!(block_number(id), None, "{id}");
        }
    }

    #[test]
    fn elements_are_found_and_broken_ones_end_the_list() {
        let text = "<BlockList><UncommittedBlocks><Block><Name>a</Name><Size>1</Size></Block>\
                    <Block><Name>b</Name></Block><Block><Name>c";
        assert_eq!(elements(text, "Name").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(unescaped("the store&apos;s &lt;b&gt; &amp;amp;"), "the store's <b> &amp;");
    }

    /// Answers each connection with the next answer (status and headers, `|`, body). Returns the
    /// request lines.
    fn server(answers: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let answering = std::thread::spawn({
            let origin = origin.clone();
            move || {
                answers
                    .iter()
                    .map(|answer| answer_one(&listener, &answer.replace("{origin}", &origin)))
                    .collect()
            }
        });
        (origin, answering)
    }

    fn answer_one(listener: &TcpListener, answer: &str) -> String {
        let (stream, _) = listener.accept().expect("a request");
        let mut reader = BufReader::new(stream);
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).expect("a line");
            if line.trim().is_empty() {
                break;
            }
            lines.push(line.trim().to_ascii_lowercase());
        }
        let length = lines.iter().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
        reader.read_exact(&mut body).expect("the body");
        let (head, body) = answer.split_once('|').expect("a head and a body");
        let length = body.len();
        let answer =
            format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
        reader.get_mut().write_all(answer.as_bytes()).expect("the client reads");
        lines.into_iter().next().unwrap_or_default()
    }

    /// Puts block 7 against these answers, and checks the result and the first line of each
    /// request.
    async fn check(answers: &'static [&'static str], expected: Result<(), u16>, requests: &[&str]) {
        let (origin, answering) = server(answers);
        let client = GraphClient::new(ClientOptions { server: origin.clone(), ..ClientOptions::default() });
        let client = client.expect("an address");
        let uri = format!("{origin}/up/s/e?sig=a%2Bb");
        let wire = BlockWire::new(&client, "s", "e", &uri, &NoProgress).expect("an address");
        let result = wire.put(7, Bytes::from_static(b"sealed")).await;
        let result = result.map_err(|error| match error.kind() {
            ErrorKind::Refused { status, .. } => *status,
            other => panic!("{other:?}"),
        });
        assert_eq!(result, expected, "{answers:?}");
        let seen = answering.join().expect("every answer was asked for");
        assert_eq!(seen.len(), requests.len());
        for (seen, begins) in seen.iter().zip(requests) {
            assert!(seen.starts_with(begins), "{seen}");
        }
    }

    const CONFLICT: &str =
        "409 Conflict\r\nx-ms-error-code: blockConflict|<Error><Message>other bytes</Message></Error>";
    const PUT: &str = "put /up/s/e?sig=a%2bb&comp=block&blockid=mdawmdawmdc%3d http";

    #[tokio::test]
    async fn a_busy_server_is_asked_again_and_a_refusal_is_final() {
        check(&["201 Created|"], Ok(()), &[PUT]).await;
        check(
            &["429 Too Many Requests\r\nretry-after: 0|", "503 Busy\r\nretry-after: 0|", "201 Created|"],
            Ok(()),
            &[PUT, PUT, PUT],
        )
        .await;
        check(&[CONFLICT], Err(409), &[PUT]).await;
    }

    #[tokio::test]
    async fn an_expired_address_is_renewed_once() {
        const EXPIRED: &str = "403 Forbidden\r\nx-ms-error-code: AuthenticationFailed|";
        const RENEWED: &str = r#"200 OK|{"id":"e","dataUploadURI":"{origin}/up/new?sig=c"}"#;
        const RENEW: &str = "post /beta/dataclassification/exactmatchdatastores/s/sessions/e/renew ";
        const PUT_NEW: &str = "put /up/new?sig=c&comp=block&blockid=mdawmdawmdc%3d http";
        check(&[EXPIRED, RENEWED, "201 Created|"], Ok(()), &[PUT, RENEW, PUT_NEW]).await;
        check(&[EXPIRED, RENEWED, EXPIRED], Err(403), &[PUT, RENEW, PUT_NEW]).await;
    }
}
