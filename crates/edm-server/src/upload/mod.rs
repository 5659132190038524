//! The upload wire: the Azure Block Blob subset on a service-SAS address of this server. The
//! signature is the right to upload, so no token is needed. Checks come in this order: signature,
//! size, block id, block bytes, session.

mod block_list;
mod error;
mod sas;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use edm_graph::path::{self, Located};
use edm_model::{Session, SessionId, limits};
use edm_service::{BlockAction, ListBlocks, PutBlocks, StagedBlock, UploadGrant};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use md5::{Digest, Md5};

use crate::admission::{Caller, Holder, Lease};
use crate::app::App;
use crate::body;
use crate::exchange::Exchange;
use crate::message::{Body, Response};
use crate::origin::Origin;
use crate::respond;

pub use error::{UploadError, UploadProblem, upload_answer};
use sas::{Blob, Query};

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
/// The digits of a block number in its id.
const BLOCK_ID_DIGITS: usize = 8;
/// Headers of bodies with their own framing, or with a checksum that is not verified here.
const UNSERVED_HEADERS: &[&str] = &["x-ms-structured-body", "x-ms-content-crc64", "content-encoding"];

/// Returns the upload address of a session's blocks, signed until the session's upload expires.
pub(crate) fn address(app: &App, origin: &Origin, session: &Session) -> String {
    let (container, blob) = (session.store_id.to_string(), session.id.to_string());
    let target = Blob { container: &container, name: &blob };
    let query = sas::signed_query(app.service.upload_signer(), target, session.upload_expires_at);
    format!("{}?{query}", origin.plain_url(&path::fill(path::UPLOAD, &[&container, &blob])))
}

/// Serves Put Block and Put Block List, and refuses Put Blob.
pub(crate) async fn put(exchange: Exchange) -> Result<Response, UploadError> {
    let Exchange { app, caller, at, request } = exchange;
    let (parts, body) = request.into_parts();
    let target = blob(&at);
    match check_put(&app, target, parts.uri.query())? {
        Put::Block(grant, query) => {
            let lease = held_by(&app, grant.session_id(), &caller)?;
            put_block(&app, &grant, lease, &query, &parts.headers, body).await
        }
        Put::BlockList(grant) => {
            let lease = held_by(&app, grant.session_id(), &caller)?;
            put_block_list(&app, &grant, lease, &parts.headers, body).await
        }
    }
}

/// Serves Get Block List.
pub(crate) async fn get(exchange: Exchange) -> Result<Response, UploadError> {
    let Exchange { app, caller, at, request } = exchange;
    let query = Query::parse(request.uri().query())?;
    let grant = authorise::<ListBlocks>(&app, blob(&at), &query)?;
    let _lease = held_by(&app, grant.session_id(), &caller)?;
    if query.get("comp") != Some("blocklist") {
        return Err(UploadProblem::NotServed.into());
    }
    let (committed, uncommitted) = match query.get("blocklisttype").map(str::to_ascii_lowercase).as_deref() {
        None | Some("committed") => (true, false),
        Some("uncommitted") => (false, true),
        Some("all") => (true, true),
        Some(_) => return Err(UploadProblem::BadQuery { name: "blocklisttype" }.into()),
    };
    let blocks = app.service.block_list(&grant).await?;
    let xml = block_list::write(&blocks, committed, uncommitted);
    let size: u64 = blocks.iter().filter(|block| block.committed).map(|block| block.byte_count).sum();
    let mut response = respond::document(HeaderValue::from_static("application/xml"), xml);
    response.headers_mut().insert("x-ms-blob-content-length", HeaderValue::from(size));
    insert_tag(response.headers_mut(), grant.session_id(), &blocks);
    Ok(response)
}

/// Returns the blob that an address names.
fn blob(at: &Located) -> Blob<'_> {
    Blob { container: at.parameter(0), name: at.parameter(1) }
}

enum Put {
    Block(UploadGrant<PutBlocks>, Query),
    BlockList(UploadGrant<PutBlocks>),
}

fn check_put(app: &App, blob: Blob<'_>, query: Option<&str>) -> Result<Put, UploadError> {
    let query = Query::parse(query)?;
    let grant = authorise(app, blob, &query)?;
    match query.get("comp") {
        Some("block") => Ok(Put::Block(grant, query)),
        Some("blocklist") => Ok(Put::BlockList(grant)),
        None => Err(UploadProblem::PutBlob.into()),
        Some(_) => Err(UploadProblem::NotServed.into()),
    }
}

/// Grants the action if the address is ours, valid now and signed for it.
fn authorise<A: BlockAction>(
    app: &App,
    blob: Blob<'_>,
    query: &Query,
) -> Result<UploadGrant<A>, UploadProblem> {
    let address = sas::signed_address(blob, query, app.scheme)?;
    Ok(app.service.authorise_upload(&address)?)
}

/// Counts a request under the session of its address, whichever client sends it, and returns a
/// lease.
fn held_by(app: &App, session: SessionId, caller: &Caller) -> Result<Lease, UploadError> {
    caller.is(Holder::Session(session), &app.capacity.memory).map_err(|_| UploadProblem::Busy)?;
    Ok(caller.lease().ok_or(UploadProblem::Internal)?)
}

async fn put_block(
    app: &App,
    grant: &UploadGrant<PutBlocks>,
    mut lease: Lease,
    query: &Query,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, UploadError> {
    let length_max = limits::BLOCK_BYTES_MAX;
    if body::content_length(headers).is_some_and(|length| length > length_max as u64) {
        return Err(UploadProblem::TooLarge { bytes_max: length_max }.into());
    }
    let number = block_number(query)?;
    refuse_unserved(headers)?;
    let bytes = body::read(body, headers, length_max, app, &mut lease).await?;
    let digest = verify_md5(headers, &bytes).await?;
    app.service.put_block(grant, number, bytes).await?;
    let mut response = respond::empty(StatusCode::CREATED);
    if let Some(digest) = digest.and_then(|digest| HeaderValue::from_str(&digest).ok()) {
        response.headers_mut().insert(CONTENT_MD5, digest);
    }
    finish(response.headers_mut(), headers);
    Ok(response)
}

async fn put_block_list(
    app: &App,
    grant: &UploadGrant<PutBlocks>,
    mut lease: Lease,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, UploadError> {
    refuse_unserved(headers)?;
    let bytes = body::read(body, headers, limits::BLOCK_LIST_BYTES_MAX, app, &mut lease).await?;
    verify_md5(headers, &bytes).await?;
    let numbers = block_list::read(&bytes)?;
    drop(bytes);
    app.service.commit_block_list(grant, &numbers).await?;
    let mut response = respond::empty(StatusCode::CREATED);
    insert_tag(response.headers_mut(), grant.session_id(), &[]);
    finish(response.headers_mut(), headers);
    Ok(response)
}

/// Reads the block's number: base64 of eight decimal digits.
fn block_number(query: &Query) -> Result<u32, UploadProblem> {
    number_of(query.get("blockid").unwrap_or("")).ok_or(UploadProblem::BadBlockId)
}

/// Reads a block id.
pub(super) fn number_of(id: &str) -> Option<u32> {
    let digits = STANDARD.decode(id).ok().filter(|digits| digits.len() == BLOCK_ID_DIGITS)?;
    let text =
        std::str::from_utf8(&digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok().filter(|number| *number < limits::BLOCKS_MAX)
}

/// Writes a block id.
pub(super) fn id_of(number: u32) -> String {
    STANDARD.encode(format!("{number:08}"))
}

fn refuse_unserved(headers: &HeaderMap) -> Result<(), UploadProblem> {
    match UNSERVED_HEADERS.iter().find(|name| headers.contains_key(**name)) {
        Some(name) => Err(UploadProblem::UnservedHeader { name }),
        None => Ok(()),
    }
}

/// Compares `Content-MD5` if it is sent, and returns it. Hashing 16 MiB takes too long for an async
/// thread.
async fn verify_md5(headers: &HeaderMap, bytes: &Bytes) -> Result<Option<String>, UploadProblem> {
    let Some(sent) = headers.get(&CONTENT_MD5) else {
        return Ok(None);
    };
    let sent = sent.to_str().ok().map(str::trim).map(str::to_owned).ok_or(UploadProblem::BadMd5)?;
    let expected =
        STANDARD.decode(&sent).ok().filter(|digest| digest.len() == 16).ok_or(UploadProblem::BadMd5)?;
    let bytes = bytes.clone();
    let digest = tokio::task::spawn_blocking(move || Md5::digest(&bytes).to_vec()).await;
    match digest {
        Ok(digest) if digest == expected => Ok(Some(sent)),
        Ok(_) => Err(UploadProblem::Md5Mismatch),
        Err(_) => Err(UploadProblem::Internal),
    }
}

/// Adds the headers that Azure's clients expect in an answer.
fn finish(headers: &mut HeaderMap, request: &HeaderMap) {
    headers.insert("x-ms-request-server-encrypted", HeaderValue::from_static("true"));
    if let Some(version) = request.get("x-ms-version") {
        headers.insert("x-ms-version", version.clone());
    }
}

/// The number of named blocks determines the content of a session's blob, so it is enough for the
/// etag.
fn insert_tag(headers: &mut HeaderMap, session: SessionId, blocks: &[StagedBlock]) {
    let named = blocks.iter().filter(|block| block.committed).count();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{session}-{named}\"")) {
        headers.insert(header::ETAG, tag);
    }
}
