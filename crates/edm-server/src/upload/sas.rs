//! Azure's service SAS for one blob: the string-to-sign of versions from 2020-12-06 on.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edm_graph::{DateTimeOffset, path};
use edm_model::Timestamp;
use edm_service::{SignedAddress, UploadPermission, UploadSigner};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};

use super::error::UploadProblem;
use crate::origin::Scheme;

/// The version in our addresses, and the first one with the string-to-sign below.
const VERSION: &str = "2020-12-06";
/// Create, read the block list, write.
const PERMISSIONS: &str = "rcw";
/// One blob.
const RESOURCE: &str = "b";
/// The bytes of the longest query that is read.
const QUERY_BYTES_MAX: usize = 8 * 1024;
/// The parameters of the string-to-sign after the resource's name, in their order; each ends a
/// line.
const SIGNED_AFTER: &[&str] =
    &["si", "sip", "spr", "sv", "sr", "snapshot", "ses", "rscc", "rscd", "rsce", "rscl", "rsct"];
/// Parameters that demand a check which is not implemented here. A signature with one of them is
/// refused.
const UNSERVED: &[&str] = &["si", "sip", "snapshot", "ses", "skoid", "sktid", "sks", "ske", "skt", "skv"];

/// The blob that an address is for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blob<'a> {
    pub(super) container: &'a str,
    pub(super) name: &'a str,
}

/// The parameters of an address, decoded.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query. Fails if it is too long, is not UTF-8, or has a parameter twice.
    pub(super) fn parse(query: Option<&str>) -> Result<Self, UploadProblem> {
        let query = query.unwrap_or("");
        let wrong = UploadProblem::BadQuery { name: "query" };
        if query.len() > QUERY_BYTES_MAX {
            return Err(wrong);
        }
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decode = |text: &str| percent_decode(text.as_bytes()).decode_utf8().map(String::from).ok();
            let name = decode(name).ok_or(wrong.clone())?.to_ascii_lowercase();
            let value = decode(value).ok_or(wrong.clone())?;
            if pairs.iter().any(|(known, _)| *known == name) {
                return Err(wrong);
            }
            pairs.push((name, value));
        }
        Ok(Self(pairs))
    }

    /// Returns a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or("")
    }
}

/// Returns the signed query of a session's address.
pub(super) fn signed_query(signer: &UploadSigner, blob: Blob<'_>, expires: Timestamp) -> String {
    // Whole seconds: the signature covers the text, and Azure's clients write it without a
    // fraction.
    let seconds = Timestamp::from_micros(expires.as_micros().div_euclid(1_000_000) * 1_000_000);
    let expiry = DateTimeOffset::new(seconds).to_string();
    let query = Query(
        [("sv", VERSION), ("sr", RESOURCE), ("sp", PERMISSIONS), ("se", expiry.as_str())]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec(),
    );
    let signature = STANDARD.encode(signer.sign(&string_to_sign(blob, &query)));
    let escape = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    format!("sv={VERSION}&sr={RESOURCE}&sp={PERMISSIONS}&se={}&sig={}", escape(&expiry), escape(&signature))
}

/// Reads an address. Fails if it is not of the form that we sign. Both ids are signed, so a wrong
/// one is a wrong signature.
pub(super) fn signed_address(
    blob: Blob<'_>,
    query: &Query,
    scheme: Scheme,
) -> Result<SignedAddress, UploadProblem> {
    let known = query.text("sv") >= VERSION && query.text("sr") == RESOURCE;
    let insecure = query.get("spr") == Some("https") && scheme == Scheme::Http;
    if !known || insecure || UNSERVED.iter().any(|name| query.get(name).is_some()) {
        return Err(UploadProblem::BadSignature);
    }
    let moment = |name: &str| {
        DateTimeOffset::parse(query.text(name))
            .map(DateTimeOffset::timestamp)
            .map_err(|_| UploadProblem::BadSignature)
    };
    let signed = query.text("sp");
    let may = |permission: &UploadPermission| match permission {
        UploadPermission::Read => signed.contains('r'),
        UploadPermission::Write => signed.contains(['c', 'w']),
    };
    Ok(SignedAddress {
        store_id: blob.container.parse().map_err(|_| UploadProblem::BadSignature)?,
        session_id: blob.name.parse().map_err(|_| UploadProblem::BadSignature)?,
        string_to_sign: string_to_sign(blob, query),
        signature: STANDARD.decode(query.text("sig")).map_err(|_| UploadProblem::BadSignature)?,
        starts_at: query.get("st").map(|_| moment("st")).transpose()?,
        expires_at: moment("se")?,
        permissions: [UploadPermission::Read, UploadPermission::Write].into_iter().filter(may).collect(),
    })
}

/// Returns Azure's string-to-sign: permissions, start, expiry, the resource, then the rest, one per
/// line.
fn string_to_sign(blob: Blob<'_>, query: &Query) -> String {
    let account = path::UPLOAD_ACCOUNT;
    let mut lines = vec![query.text("sp"), query.text("st"), query.text("se")];
    let resource = format!("/blob/{account}/{}/{}", blob.container, blob.name);
    lines.push(&resource);
    lines.extend(SIGNED_AFTER.iter().map(|name| query.text(name)));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTAINER: &str = "11111111-1111-1111-1111-111111111111";
    const BLOB: Blob<'_> = Blob { container: CONTAINER, name: "22222222-2222-2222-2222-222222222222" };

    fn signer() -> UploadSigner {
        UploadSigner::from_key(*b"0123456789abcdef0123456789abcdef")
    }

    fn at(text: &str) -> Timestamp {
        DateTimeOffset::parse(text).expect("the test's own moment").timestamp()
    }

    /// Checks an address at a moment.
    fn check(query: &str, permission: UploadPermission, now: &str, expected: Result<(), UploadProblem>) {
        let query = Query::parse(Some(query)).expect("the test's own query");
        assert_eq!(verify(BLOB, &query, permission, at(now)), expected, "{query:?} at {now}");
    }

    fn verify(
        blob: Blob<'_>,
        query: &Query,
        permission: UploadPermission,
        now: Timestamp,
    ) -> Result<(), UploadProblem> {
        let address = signed_address(blob, query, Scheme::Http)?;
        Ok(signer().check(&address, permission, now)?)
    }

    #[test]
    fn our_own_address_works_until_it_expires() {
        let query = signed_query(&signer(), BLOB, at("2026-11-22T12:00:00.75Z"));
        assert!(query.contains("se=2026%2D11%2D22T12%3A00%3A00Z&"), "{query}");
        check(&query, UploadPermission::Write, "2026-11-22T11:59:59Z", Ok(()));
        check(&query, UploadPermission::Read, "2026-11-22T11:59:59Z", Ok(()));
        check(&query, UploadPermission::Write, "2026-11-22T12:00:00Z", Err(UploadProblem::Expired));
        for forged in [
            query.replace("se=2026", "se=2027"),
            query.replace("sp=rcw", "sp=racwd"),
            query.replace("sig=", "sig=A"),
            query.split("&sig").next().unwrap_or("").to_owned(),
            format!("{query}&rscc=no-store"),
        ] {
            check(&forged, UploadPermission::Write, "2026-11-22T11:00:00Z", Err(UploadProblem::BadSignature));
        }
        let other = Query::parse(Some(&query)).expect("our own query");
        let blob = Blob { name: CONTAINER, ..BLOB };
        let elsewhere = verify(blob, &other, UploadPermission::Write, at("2026-01-01"));
        assert_eq!(elsewhere, Err(UploadProblem::BadSignature));
    }

    /// Written by `generate_blob_sas` of azure-storage-blob 12.31.1 for this key, account,
    /// container and blob.
    #[test]
    fn azures_own_client_signs_as_we_do() {
        let (write, read) = (UploadPermission::Write, UploadPermission::Read);
        let whole = "se=2026-11-22T12%3A00%3A00Z&sp=rcw&sv=2026-10-06&sr=b&sig=s5g5r5m4NdDe0BBQgyxxoArfjQyz/sWyBXsLFw0zOig%3D";
        check(whole, write, "2026-11-22T11:30:00Z", Ok(()));
        check(whole, read, "2026-11-22T11:30:00Z", Ok(()));
        let later = "st=2026-11-22T11%3A00%3A00Z&se=2026-11-22T12%3A00%3A00Z&sp=r&sv=2026-10-06&sr=b&sig=NoxnEuWX3WBC3UamXSQ5v2IbnItGTy5%2BHFlFdPDg2Jk%3D";
        check(later, read, "2026-11-22T11:30:00Z", Ok(()));
        check(later, write, "2026-11-22T11:30:00Z", Err(UploadProblem::NoPermission));
        check(later, read, "2026-11-22T10:30:00Z", Err(UploadProblem::Expired));
        let headers = "se=2026-11-22T12%3A00%3A00Z&sp=cw&sv=2026-10-06&sr=b&rscc=no-store&rsct=a/b&sig=Kd7PZ9H07I3BRbVMLwx9kxDhLRanCumVrgoybt31cnY%3D";
        check(headers, write, "2026-11-22T11:30:00Z", Ok(()));
        // Signed for TLS only, and for one IP address only. Both demand checks that are not
        // implemented.
        let secure = "se=2026-11-22T12%3A00%3A00Z&sp=c&spr=https&sv=2026-10-06&sr=b&sig=qKZLwGaduPBhtHUbShUhNwc7ir7Df7UmLVerDmsPKO4%3D";
        check(secure, write, "2026-11-22T11:30:00Z", Err(UploadProblem::BadSignature));
        let address = "se=2026-11-22T12%3A00%3A00Z&sp=w&sip=10.0.0.1&sv=2026-10-06&sr=b&sig=GxA1jD%2B%2BfOPVjjJAmB6Pw4rEBsiCEWe9JabcvN6I8/w%3D";
        check(address, write, "2026-11-22T11:30:00Z", Err(UploadProblem::BadSignature));
    }

    #[test]
    fn a_parameter_given_twice_is_refused() {
        assert!(Query::parse(Some("sp=r&SP=w")).is_err());
        assert!(Query::parse(Some(&"a".repeat(QUERY_BYTES_MAX + 1))).is_err());
    }
}
