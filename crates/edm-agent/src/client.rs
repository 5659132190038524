//! A small typed client of the service's Graph interface. It handles paths, tokens, paging and
//! retries.

use std::sync::Arc;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use edm_graph::{
    ClassificationResult, Collection, DataStoreResource, ErrorEnvelope, LookupRequest, RedactionResult,
    SensitiveTypeResource, SessionDraft, SessionResource, UploadAgentResource, path,
};
use edm_model::limits;
use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::{Method, Response, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind, Repeat};
use crate::progress::{Event, Progress};
use crate::tls::{Trust, client_config, refused_connection};

/// The timeout for the start of a response.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);
/// Maximum size of a response. A result for the longest text fits.
const ANSWER_BYTES_MAX: usize = limits::BLOCK_LIST_BYTES_MAX;
/// Maximum number of pages read from a list.
const PAGES_MAX: usize = 10_000;
/// Maximum number of attempts of a patient client: about 90 seconds in all, enough for a restart of
/// the server.
const PATIENT_TRIES_MAX: usize = 10;
/// Maximum number of attempts of an ordinary client, for a busy server.
const BRIEF_TRIES_MAX: usize = 3;

/// Address and credentials of a server.
#[derive(Default)]
pub struct ClientOptions {
    /// The server's URL, such as `https://edm.example.org:8080`.
    pub server: String,
    /// The bearer token.
    pub token: Option<String>,
    /// The only PEM certificate to trust: that of the authority or that of the server.
    pub ca_certificate_pem: Option<Vec<u8>>,
    /// Whether token and salt may be sent unencrypted to another machine.
    pub insecure_http: bool,
}

/// A client of one server. Cheap to clone.
#[derive(Clone)]
pub struct GraphClient {
    http: reqwest::Client,
    /// A client without a response timeout.
    pub(crate) unhurried: reqwest::Client,
    base: Url,
    token: Option<HeaderValue>,
    patience: Option<Arc<dyn Progress>>,
    insecure_http: bool,
}

impl GraphClient {
    /// Makes a client without connecting. Fails if the URL, certificate or token is invalid. Also
    /// fails if the URL is another machine's without TLS, unless the options allow that.
    pub fn new(options: ClientOptions) -> Result<Self, Error> {
        let bad =
            |source: Box<dyn std::error::Error + Send + Sync>| Error::caused(ErrorKind::BadAddress, source);
        let mut base = Url::parse(options.server.trim_end_matches('/')).map_err(|error| bad(error.into()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(Error::new(ErrorKind::BadAddress));
        }
        if is_in_clear(&base) && !options.insecure_http {
            return Err(Error::new(ErrorKind::InClear));
        }
        strip_version(&mut base);
        let build = |answer_within: Option<Duration>| -> Result<reqwest::Client, Error> {
            let mut http = reqwest::Client::builder()
                .connect_timeout(Duration::from_secs(10))
                .user_agent(concat!("edm/", env!("CARGO_PKG_VERSION")));
            if let Some(time) = answer_within {
                http = http.read_timeout(time);
            }
            if is_loopback(&base) {
                // A proxy from the environment cannot reach the loopback interface of this machine.
                http = http.no_proxy();
            }
            let trust = match &options.ca_certificate_pem {
                Some(pem) => Trust::Given(pem),
                None if base.scheme() == "http" => Trust::Nobody,
                None => Trust::System,
            };
            http = http.tls_backend_preconfigured(client_config(trust).map_err(bad)?);
            http.build().map_err(|error| bad(error.into()))
        };
        // The response to a long text comes after the whole text was sent, which takes an unknown
        // time.
        let (http, unhurried) = (build(Some(ANSWER_WITHIN))?, build(None)?);
        let token = match options.token.filter(|token| !token.trim().is_empty()) {
            Some(token) => {
                let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim()))
                    .map_err(|_| Error::new(ErrorKind::BadAddress))?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Ok(Self { http, unhurried, base, token, patience: None, insecure_http: options.insecure_http })
    }

    /// Returns a client for the same server that retries for longer while the server is down, and
    /// reports retries.
    pub fn patient(&self, progress: Arc<dyn Progress>) -> Self {
        Self { patience: Some(progress), ..self.clone() }
    }

    /// Returns the server's URL.
    pub fn server(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Returns whether there is a token to send.
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Parses an upload URI from the server. Refuses one that is less secure than the connection
    /// that it came from.
    pub(crate) fn upload_address(&self, uri: &str) -> Result<Url, Error> {
        // The text is not put into the error, because it contains a signature.
        let url = Url::parse(uri).map_err(|_| Error::new(ErrorKind::BadAnswer))?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if self.base.scheme() == "https" => Err(Error::new(ErrorKind::UploadInClear)),
            "http" if is_in_clear(&url) && !self.insecure_http => Err(Error::new(ErrorKind::UploadInClear)),
            "http" => Ok(url),
            _ => Err(Error::new(ErrorKind::BadAnswer)),
        }
    }

    pub(crate) fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Lists the data stores.
    pub async fn stores(&self) -> Result<Vec<DataStoreResource>, Error> {
        self.list(path::STORES, &[]).await
    }

    /// Returns the data store with this id, or else with this name.
    pub async fn store(&self, name_or_id: &str) -> Result<DataStoreResource, Error> {
        if name_or_id.parse::<edm_model::StoreId>().is_ok() {
            return self.get(path::STORE, &[name_or_id]).await;
        }
        let stores = self.stores().await?;
        let named = |store: &&DataStoreResource| {
            store.display_name.as_deref().is_some_and(|name| name.to_lowercase() == name_or_id.to_lowercase())
        };
        let found = stores.iter().find(named).cloned();
        found.ok_or_else(|| not_found("data store", name_or_id))
    }

    /// Creates a data store from a Graph body.
    pub async fn create_store(&self, body: &Value) -> Result<DataStoreResource, Error> {
        self.post(path::STORES, &[], body, Repeat::Harmful).await
    }

    /// Changes a data store with a Graph body.
    pub async fn update_store(&self, id: &str, body: &Value) -> Result<DataStoreResource, Error> {
        self.patch(path::STORE, &[id], body).await
    }

    /// Deletes a data store and everything in it.
    pub async fn delete_store(&self, id: &str) -> Result<(), Error> {
        self.send(Method::DELETE, self.url(path::STORE, &[id]), None::<&Value>, Repeat::Harmless)
            .await
            .map(drop)
    }

    /// Makes the previous generation live again.
    pub async fn rollback_store(&self, id: &str) -> Result<DataStoreResource, Error> {
        self.post(path::STORE_ROLLBACK, &[id], &json!({}), Repeat::Harmful).await
    }

    /// Looks up values of a searchable column. Each result is one row.
    pub async fn lookup(&self, store: &str, request: &LookupRequest) -> Result<Vec<Value>, Error> {
        let rows: Collection<String> =
            self.post(path::STORE_LOOKUP, &[store], request, Repeat::Harmless).await?;
        let read = |row: &String| serde_json::from_str(row).map_err(|_| Error::new(ErrorKind::BadAnswer));
        rows.value.iter().map(read).collect()
    }

    /// Lists the sessions of a store.
    pub async fn sessions(&self, store: &str) -> Result<Vec<SessionResource>, Error> {
        self.list(path::SESSIONS, &[store]).await
    }

    /// Returns a session.
    pub async fn session(&self, store: &str, session: &str) -> Result<SessionResource, Error> {
        self.get(path::SESSION, &[store, session]).await
    }

    /// Returns a session with its salt. The server shows the salt only to the session's creator.
    pub async fn session_with_salt(&self, store: &str, session: &str) -> Result<SessionResource, Error> {
        let mut url = self.url(path::SESSION, &[store, session]);
        url.set_query(Some("$select=id,state,keyId,rowsPerBlock,dataUploadURI,salt"));
        parse(&self.send(Method::GET, url, None::<&Value>, Repeat::Harmless).await?)
    }

    /// Creates a session. The response contains its salt.
    pub async fn create_session(&self, store: &str, draft: &SessionDraft) -> Result<SessionResource, Error> {
        self.post(path::SESSIONS, &[store], draft, Repeat::Harmful).await
    }

    /// Gets a new upload URI for a session.
    pub async fn renew_session(&self, store: &str, session: &str) -> Result<SessionResource, Error> {
        self.post(path::SESSION_RENEW, &[store, session], &json!({}), Repeat::Harmless).await
    }

    /// Changes a session.
    pub async fn patch_session(
        &self,
        store: &str,
        session: &str,
        body: &Value,
    ) -> Result<SessionResource, Error> {
        self.patch(path::SESSION, &[store, session], body).await
    }

    /// Declares the upload complete.
    pub async fn commit_session(&self, store: &str, session: &str) -> Result<(), Error> {
        self.send(
            Method::POST,
            self.url(path::SESSION_COMMIT, &[store, session]),
            None::<&Value>,
            Repeat::Harmless,
        )
        .await
        .map(drop)
    }

    /// Cancels a session.
    pub async fn cancel_session(&self, store: &str, session: &str) -> Result<(), Error> {
        self.send(
            Method::POST,
            self.url(path::SESSION_CANCEL, &[store, session]),
            None::<&Value>,
            Repeat::Harmless,
        )
        .await
        .map(drop)
    }

    /// Lists the upload agents.
    pub async fn agents(&self) -> Result<Vec<UploadAgentResource>, Error> {
        self.list(path::AGENTS, &[]).await
    }

    /// Registers an upload agent.
    pub async fn create_agent(&self, description: &str) -> Result<UploadAgentResource, Error> {
        self.post(path::AGENTS, &[], &json!({ "description": description }), Repeat::Harmful).await
    }

    /// Lists the sensitive types.
    pub async fn types(&self) -> Result<Vec<SensitiveTypeResource>, Error> {
        self.list(path::TYPES, &[]).await
    }

    /// Returns the sensitive type with this id, or else with this name.
    pub async fn sensitive_type(&self, name_or_id: &str) -> Result<SensitiveTypeResource, Error> {
        if name_or_id.parse::<edm_model::SensitiveTypeId>().is_ok() {
            return self.get(path::TYPE, &[name_or_id]).await;
        }
        let types = self.types().await?;
        let named = |one: &&SensitiveTypeResource| {
            one.name.as_deref().is_some_and(|name| name.to_lowercase() == name_or_id.to_lowercase())
        };
        let found = types.iter().find(named).cloned();
        found.ok_or_else(|| not_found("sensitive type", name_or_id))
    }

    /// Creates a sensitive type from a Graph body.
    pub async fn create_type(&self, body: &Value) -> Result<SensitiveTypeResource, Error> {
        self.post(path::TYPES, &[], body, Repeat::Harmful).await
    }

    /// Deletes a sensitive type.
    pub async fn delete_type(&self, id: &str) -> Result<(), Error> {
        self.send(Method::DELETE, self.url(path::TYPE, &[id]), None::<&Value>, Repeat::Harmless)
            .await
            .map(drop)
    }

    /// Classifies the text in the body.
    pub async fn classify(&self, body: &Value) -> Result<ClassificationResult, Error> {
        self.post(path::CLASSIFY, &[], body, Repeat::Harmless).await
    }

    /// Redacts the text in the body.
    pub async fn redact(&self, body: &Value) -> Result<RedactionResult, Error> {
        self.post(path::REDACT, &[], body, Repeat::Harmless).await
    }

    pub(crate) fn url(&self, template: &str, parameters: &[&str]) -> Url {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{}{}", path::BASE, path::fill(template, parameters)));
        url
    }

    /// Returns the URL of a path outside `/beta`.
    pub(crate) fn plain_url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}{path}"));
        url
    }

    pub(crate) fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, token.clone()),
            None => request,
        }
    }

    async fn get<T: DeserializeOwned>(&self, template: &str, parameters: &[&str]) -> Result<T, Error> {
        parse(
            &self.send(Method::GET, self.url(template, parameters), None::<&Value>, Repeat::Harmless).await?,
        )
    }

    async fn post<T: DeserializeOwned>(
        &self,
        template: &str,
        parameters: &[&str],
        body: &impl Serialize,
        repeat: Repeat,
    ) -> Result<T, Error> {
        parse(&self.send(Method::POST, self.url(template, parameters), Some(body), repeat).await?)
    }

    async fn patch<T: DeserializeOwned>(
        &self,
        template: &str,
        parameters: &[&str],
        body: &Value,
    ) -> Result<T, Error> {
        let url = self.url(template, parameters);
        parse(&self.send(Method::PATCH, url, Some(body), Repeat::Harmless).await?)
    }

    /// Reads all pages of a list. The token is only sent to page URLs of the same server.
    async fn list<T: DeserializeOwned + Default>(
        &self,
        template: &str,
        parameters: &[&str],
    ) -> Result<Vec<T>, Error> {
        let mut url = self.url(template, parameters);
        let mut elements = Vec::new();
        for _ in 0..PAGES_MAX {
            let answer = self.send(Method::GET, url.clone(), None::<&Value>, Repeat::Harmless).await?;
            let page: Collection<T> = parse(&answer)?;
            elements.extend(page.value);
            let Some(next) = page.next_link else { return Ok(elements) };
            url = Url::parse(&next).map_err(|error| Error::caused(ErrorKind::BadAnswer, error))?;
            // Following the link elsewhere would send the token to another server.
            if url.origin() != self.base.origin() {
                return Err(Error::new(ErrorKind::BadAnswer));
            }
        }
        // Returning the pages so far would pass a part for the whole.
        Err(Error::new(ErrorKind::BadAnswer))
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<&impl Serialize>,
        repeat: Repeat,
    ) -> Result<Vec<u8>, Error> {
        let once = || async {
            let request = self.authorized(self.http.request(method.clone(), url.clone()));
            let request = match body {
                Some(body) => request.json(body),
                None => request,
            };
            checked(request.send().await.map_err(unreachable)?).await
        };
        let answer = again(once, repeat, self.patience.as_deref(), "a request").await;
        answer.map_err(|error| self.named(error))
    }

    /// Adds what the server cannot know to a refusal: that there was no token to send.
    pub(crate) fn named(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Refused { status: 401, .. } if self.token.is_none() => Error::new(ErrorKind::NoToken),
            _ => error,
        }
    }
}

/// Retries a request until it succeeds, fails for good, or has used up its attempts. Waits longer
/// after each attempt, with jitter, or as long as the server's `Retry-After` says.
pub(crate) async fn again<T, F, R>(
    once: F,
    repeat: Repeat,
    patience: Option<&dyn Progress>,
    what: &'static str,
) -> Result<T, Error>
where
    F: FnMut() -> R,
    R: Future<Output = Result<T, Error>>,
{
    let tries = if patience.is_some() { PATIENT_TRIES_MAX } else { BRIEF_TRIES_MAX };
    let backoff = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(20))
        .with_max_times(tries)
        .with_jitter();
    once.retry(backoff)
        .when(|error| match error.kind() {
            // Without patience, an unreachable server is reported at once.
            ErrorKind::Unreachable { .. } if patience.is_none() => false,
            _ => error.is_passing(repeat),
        })
        .adjust(|error, delay| delay.map(|delay| error.wait().unwrap_or(delay)))
        .notify(|error, _| {
            if let Some(progress) = patience {
                progress.event(&Event::Retrying { what, reason: error.to_string() });
            }
        })
        .await
}

pub(crate) fn unreachable(error: reqwest::Error) -> Error {
    let kind = refused_connection(&error).unwrap_or(ErrorKind::Unreachable { sent: !error.is_connect() });
    // The URL may contain an upload signature, which is never shown.
    Error::caused(kind, error.without_url())
}

/// Returns the body of a successful response; anything else is a Graph error.
pub(crate) async fn checked(response: Response) -> Result<Vec<u8>, Error> {
    let status = response.status();
    let wait = retry_after(&response);
    let body = read_bounded(response).await?;
    if status.is_success() {
        return Ok(body);
    }
    let kind = match serde_json::from_slice::<ErrorEnvelope>(&body) {
        Ok(ErrorEnvelope { error }) => {
            let ranges: Vec<String> = error.details.iter().map(|detail| detail.message.clone()).collect();
            let message = match ranges.is_empty() {
                true => error.message,
                false => format!("{} ({})", error.message, ranges.join("; ")),
            };
            ErrorKind::Refused { status: status.as_u16(), code: error.code, message, target: error.target }
        }
        Err(_) => ErrorKind::Refused {
            status: status.as_u16(),
            code: "unknown".to_owned(),
            message: "the server refused the request and gave no reason".to_owned(),
            target: None,
        },
    };
    Err(Error::new(kind).retry_after(wait))
}

/// Returns the seconds of `Retry-After`. The date form is ignored.
pub(crate) fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse::<u64>().ok()?;
    Some(Duration::from_secs(seconds.min(180)))
}

pub(crate) async fn read_bounded(mut response: Response) -> Result<Vec<u8>, Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(Error::new(ErrorKind::BadAnswer));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| {
        // The parser's message may quote the response; line and column are enough.
        let place = format!("line {}, column {}", error.line(), error.column());
        Error::caused(ErrorKind::BadAnswer, place)
    })
}

fn not_found(what: &str, name: &str) -> Error {
    Error::new(ErrorKind::NotFound { name: format!("{what} named “{name}”") })
}

/// Returns whether the connection is unencrypted.
fn is_in_clear(url: &Url) -> bool {
    url.scheme() == "http" && !is_loopback(url)
}

/// Removes the version from a URL copied from a Graph client; the paths contain it.
fn strip_version(base: &mut Url) {
    let path = base.path().trim_end_matches('/').to_owned();
    let stripped = ["/beta", "/v1.0"].iter().find_map(|version| path.strip_suffix(version));
    if let Some(stripped) = stripped {
        base.set_path(stripped);
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str().map(|host| host.trim_matches(['[', ']'])) {
        Some("localhost") => true,
        Some(host) => host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(server: &str, insecure_http: bool) -> Result<GraphClient, Error> {
        GraphClient::new(ClientOptions {
            server: server.to_owned(),
            insecure_http,
            ..ClientOptions::default()
        })
    }

    #[test]
    fn nothing_goes_in_clear_to_another_machine_unless_that_is_allowed() {
        let check = |server: &str, insecure_http: bool, expected: Result<&str, ErrorKind>| {
            let made = client(server, insecure_http).map(|client| client.server().to_owned());
            assert_eq!(made.map_err(|error| error.kind().clone()), expected.map(str::to_owned), "{server}");
        };
        check("http://127.0.0.1:8080", false, Ok("http://127.0.0.1:8080"));
        check("http://[::1]:8080", false, Ok("http://[::1]:8080"));
        check("http://localhost:8080/", false, Ok("http://localhost:8080"));
        check("https://edm.example.org", false, Ok("https://edm.example.org"));
        check("http://edm.example.org", false, Err(ErrorKind::InClear));
        check("http://192.0.2.7:8080", false, Err(ErrorKind::InClear));
        check("http://localhost.example.org", false, Err(ErrorKind::InClear));
        check("http://edm.example.org", true, Ok("http://edm.example.org"));
        check("ftp://edm.example.org", true, Err(ErrorKind::BadAddress));
        check("https://edm.example.org/beta", false, Ok("https://edm.example.org"));
        check("https://edm.example.org/v1.0/", false, Ok("https://edm.example.org"));
        check("https://example.org/edm/beta", false, Ok("https://example.org/edm"));
        check("https://example.org/alphabeta", false, Ok("https://example.org/alphabeta"));
    }

    #[test]
    fn an_upload_address_is_as_safe_as_the_server_itself() {
        let check = |server: &str, insecure_http: bool, uri: &str, expected: Result<(), ErrorKind>| {
            let client = client(server, insecure_http).expect("an address");
            let read = client.upload_address(uri).map(drop).map_err(|error| error.kind().clone());
            assert_eq!(read, expected, "{server} {uri}");
        };
        let clear = || Err(ErrorKind::UploadInClear);
        check("https://edm.example.org", false, "https://edm.example.org/u?sig=a", Ok(()));
        check("https://edm.example.org", false, "https://other.example.org/u?sig=a", Ok(()));
        check("https://edm.example.org", false, "http://edm.example.org/u?sig=a", clear());
        check("https://edm.example.org", true, "http://edm.example.org/u?sig=a", clear());
        check("https://edm.example.org", false, "http://127.0.0.1/u?sig=a", clear());
        check("http://127.0.0.1:8080", false, "http://127.0.0.1:8080/u?sig=a", Ok(()));
        check("http://127.0.0.1:8080", false, "https://edm.example.org/u?sig=a", Ok(()));
        check("http://127.0.0.1:8080", false, "http://edm.example.org/u?sig=a", clear());
        check("http://edm.example.org", true, "http://edm.example.org/u?sig=a", Ok(()));
        check("http://127.0.0.1:8080", false, "file:///u", Err(ErrorKind::BadAnswer));
        check("http://127.0.0.1:8080", false, "u", Err(ErrorKind::BadAnswer));
    }
}
