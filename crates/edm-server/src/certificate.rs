//! The listener's certificate, and its replacement while the server runs.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use edm_model::Timestamp;
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as cryptography;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, InconsistentKeys, RootCertStore};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::serve_error::{ServeError, ServeErrorKind};

/// The greatest size of a file. A chain has some kilobytes, so a longer file is something else.
const PEM_BYTES_MAX: usize = 1024 * 1024;
/// The last second that a certificate can name, the end of the year 9999.
const LAST_SECOND: u64 = 253_402_300_799;

/// Two PEM files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, the server's own first.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// The certificate and key of new connections. Both are replaced together or not at all.
#[derive(Debug)]
pub struct ServerCertificate {
    current: ArcSwap<CertifiedKey>,
}

/// The result of a replacement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// Another chain.
    ByAnother,
    /// The same chain as before.
    ByTheSame,
}

impl ServerCertificate {
    /// Reads certificate and key. Fails if one cannot be read, and if they do not fit together.
    pub fn read(files: &TlsFiles) -> Result<Self, ServeError> {
        Ok(Self { current: ArcSwap::from_pointee(certified_key(files)?) })
    }

    /// Uses another certificate for new connections. Open connections continue. Fails like
    /// [`ServerCertificate::read`]; the certificate before then stays in use.
    pub fn replace(&self, files: &TlsFiles) -> Result<Replaced, ServeError> {
        let before = self.current.swap(Arc::new(certified_key(files)?));
        Ok(match before.cert == self.current.load().cert {
            true => Replaced::ByTheSame,
            false => Replaced::ByAnother,
        })
    }

    /// Returns the last second at which it is valid; `None` if that cannot be read from the
    /// certificate.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.validity_end(LAST_SECOND)
    }

    /// Returns whether clients would refuse it at this time because it has expired or is not valid
    /// yet.
    pub fn is_outdated(&self, now: Timestamp) -> bool {
        let seconds = u64::try_from(now.as_micros() / 1_000_000).unwrap_or(0);
        matches!(
            self.judged(seconds),
            Some(
                CertificateError::Expired
                    | CertificateError::ExpiredContext { .. }
                    | CertificateError::NotValidYet
                    | CertificateError::NotValidYetContext { .. }
            )
        )
    }

    /// Returns whether the certificate contains no name of a server (no subjectAltName). Clients
    /// that follow RFC 6125 ignore the common name of the subject and refuse such a certificate,
    /// even if they trust it.
    pub fn is_nameless(&self) -> bool {
        let current = self.current.load();
        let Ok(certificate) = current.end_entity_cert().and_then(ParsedCertificate::try_from) else {
            return false;
        };
        // Any name works here, because the error lists the names of the certificate.
        let any = ServerName::try_from("nameless.invalid").expect("it is a name");
        matches!(
            rustls::client::verify_server_name(&certificate, &any),
            Err(rustls::Error::InvalidCertificate(CertificateError::NotValidForNameContext { presented, .. }))
                if presented.is_empty()
        )
    }

    fn validity_end(&self, at: u64) -> Option<Timestamp> {
        match self.judged(at)? {
            CertificateError::ExpiredContext { not_after, .. } => {
                let seconds = i64::try_from(not_after.as_secs()).ok()?;
                Some(Timestamp::from_micros(0).plus_seconds(seconds))
            }
            _ => None,
        }
    }

    /// Returns why a client without trusted authorities would refuse the certificate at this
    /// second. Dates are checked first.
    fn judged(&self, at: u64) -> Option<CertificateError> {
        let current = self.current.load();
        let certificate = ParsedCertificate::try_from(current.end_entity_cert().ok()?).ok()?;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at));
        let algorithms = cryptography::default_provider().signature_verification_algorithms.all;
        let nobody = RootCertStore::empty();
        let judged = rustls::client::verify_server_cert_signed_by_trust_anchor(
            &certificate,
            &nobody,
            &[],
            at,
            algorithms,
        );
        match judged {
            Err(rustls::Error::InvalidCertificate(reason)) => Some(reason),
            _ => None,
        }
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

/// Makes an acceptor of TLS connections, each with the certificate of its time.
pub(crate) fn acceptor(certificate: Arc<ServerCertificate>) -> Result<TlsAcceptor, ServeError> {
    // The provider is explicit, so that another crate's default cannot change it.
    let provider = Arc::new(cryptography::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| {
            let message = "this program cannot speak TLS with its own algorithms".to_owned();
            ServeError::because(ServeErrorKind::Tls, message, error)
        })?;
    let mut config = config.with_no_client_auth().with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn certified_key(files: &TlsFiles) -> Result<CertifiedKey, ServeError> {
    let failed = |message: String, error| ServeError::because(ServeErrorKind::Tls, message, error);
    let (certificate, key) = (files.certificate.display(), files.key.display());
    let certificates = CertificateDer::pem_slice_iter(&read(&files.certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| no_pem(&files.certificate, error))?;
    if certificates.is_empty() {
        return Err(no_pem(&files.certificate, "it holds no certificate"));
    }
    let private = read(&files.key)?;
    if is_encrypted(&private) {
        return Err(no_pem(
            &files.key,
            "the key is encrypted, and nobody is asked for its password: store it without",
        ));
    }
    let private = PrivateKeyDer::from_pem_slice(&private).map_err(|error| no_pem(&files.key, error))?;
    let signer = cryptography::default_provider().key_provider.load_private_key(private).map_err(|error| {
        let message = format!(
            "the key {key} is of a kind that is not taken: make one of ECDSA P-256 or P-384, Ed25519, or RSA with 2,048 to 4,096 bits"
        );
        failed(message, error)
    })?;
    let certified = CertifiedKey::new(certificates, signer);
    match certified.keys_match() {
        // Not every kind of key gives its public half.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(error @ rustls::Error::InconsistentKeys(_)) => {
            let message =
                format!("the certificate {certificate} and the key {key} do not fit together: give a pair");
            Err(failed(message, error))
        }
        Err(error) => {
            Err(failed(format!("the certificate {certificate} cannot be understood: make another"), error))
        }
    }
}

/// Returns whether a private key in PEM is encrypted with a password.
fn is_encrypted(pem: &[u8]) -> bool {
    [&b"BEGIN ENCRYPTED PRIVATE KEY"[..], b"Proc-Type: 4,ENCRYPTED"]
        .into_iter()
        .any(|mark| pem.windows(mark.len()).any(|part| part == mark))
}

/// Reads a file, which may contain a key. Fails if it is too long.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, ServeError> {
    let failed = |error: std::io::Error| {
        ServeError::because(ServeErrorKind::Tls, format!("cannot read {}", path.display()), error)
    };
    // Opening a pipe would wait for a writer, and block a reload.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(no_pem(path, "it is no regular file"));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    // Allocated at full size, because a growing buffer leaves copies in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(PEM_BYTES_MAX + 1));
    file.take(PEM_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() > PEM_BYTES_MAX {
        let error = format!("it has more than {PEM_BYTES_MAX} bytes");
        return Err(no_pem(path, error));
    }
    if bytes.is_empty() {
        return Err(no_pem(path, "it is empty"));
    }
    // The first byte of every certificate and key in DER, and of no text.
    if bytes.starts_with(&[0x30, 0x82]) || bytes.starts_with(&[0x30, 0x81]) {
        return Err(no_pem(path, "it is DER: convert it with openssl x509 or openssl pkey, and -inform DER"));
    }
    Ok(bytes)
}

fn no_pem(path: &Path, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ServeError {
    let message = format!("{} cannot be read as PEM: give the file that holds it", path.display());
    ServeError::because(ServeErrorKind::Tls, message, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
    }

    fn loopback() -> TlsFiles {
        TlsFiles { certificate: fixture("loopback.cert.pem"), key: fixture("loopback.key.pem") }
    }

    #[test]
    fn what_does_not_fit_together_leaves_the_one_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let (junk, long) = (folder.path().join("junk.pem"), folder.path().join("long.pem"));
        std::fs::write(&junk, "no PEM").expect("writes");
        std::fs::write(&long, vec![b'\n'; PEM_BYTES_MAX + 1]).expect("writes");
        let certificate = ServerCertificate::read(&loopback()).expect("a pair");
        let before = certificate.current.load_full();
        let check = |files: TlsFiles, part: &str| {
            let refused = certificate.replace(&files).expect_err(part);
            assert!(refused.to_string().contains(part), "{refused}");
            assert!(Arc::ptr_eq(&before, &certificate.current.load_full()), "{part}");
        };
        check(TlsFiles { certificate: fixture("none.pem"), ..loopback() }, "none.pem");
        check(TlsFiles { key: junk.clone(), ..loopback() }, "cannot be read as PEM");
        check(TlsFiles { certificate: junk, ..loopback() }, "cannot be read as PEM");
        check(TlsFiles { certificate: long, ..loopback() }, "cannot be read as PEM");
        let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("makes one");
        let key = folder.path().join("key.pem");
        std::fs::write(&key, other.signing_key.serialize_pem()).expect("writes");
        check(TlsFiles { key, ..loopback() }, "do not fit together");
        assert_eq!(certificate.replace(&loopback()).expect("a pair"), Replaced::ByTheSame);
        assert!(!Arc::ptr_eq(&before, &certificate.current.load_full()));
    }

    /// Each was once reported as "no PEM" or "do not fit together".
    #[test]
    fn a_key_that_is_not_taken_has_its_true_reason() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file.pem");
        let check = |bytes: &[u8], part: &str| {
            std::fs::write(&path, bytes).expect("writes");
            let refused = certified_key(&TlsFiles { key: path.clone(), ..loopback() }).expect_err(part);
            let cause = std::error::Error::source(&refused).map(ToString::to_string).unwrap_or_default();
            assert!(format!("{refused}: {cause}").contains(part), "{refused}: {cause}");
        };
        check(b"", "it is empty");
        check(&[0x30, 0x82, 0x01, 0x00], "it is DER");
        check(
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "is encrypted",
        );
        check(
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            "of a kind that is not taken",
        );
    }

    /// `openssl req -x509 -subj /CN=edm.example` makes a certificate that every client of rustls
    /// refuses.
    #[test]
    fn a_certificate_without_a_name_is_recognised() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = TlsFiles { certificate: folder.path().join("c.pem"), key: folder.path().join("k.pem") };
        let check = |names: &[&str], is_nameless: bool| {
            let signing_key = rcgen::KeyPair::generate().expect("makes a key");
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut params = rcgen::CertificateParams::new(names.clone()).expect("names");
            params.distinguished_name.push(rcgen::DnType::CommonName, "edm.example");
            let certified = params.self_signed(&signing_key).expect("makes a certificate");
            std::fs::write(&files.certificate, certified.pem()).expect("writes");
            std::fs::write(&files.key, signing_key.serialize_pem()).expect("writes");
            let certificate = ServerCertificate::read(&files).expect("a pair");
            assert_eq!(certificate.is_nameless(), is_nameless, "{names:?}");
        };
        check(&[], true);
        check(&["edm.example"], false);
        check(&["127.0.0.1"], false);
        check(&["*.invalid"], false);
    }

    #[test]
    fn a_certificate_says_when_it_is_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let files = TlsFiles { certificate: folder.path().join("c.pem"), key: folder.path().join("k.pem") };
        let signing_key = rcgen::KeyPair::generate().expect("makes a key");
        let mut params = rcgen::CertificateParams::new(["edm.example".to_owned()]).expect("a name");
        // As `openssl req -x509` makes it: it is its own authority.
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2030, 1, 1);
        let certified = params.self_signed(&signing_key).expect("makes a certificate");
        std::fs::write(&files.certificate, certified.pem()).expect("writes");
        std::fs::write(&files.key, signing_key.serialize_pem()).expect("writes");
        let certificate = ServerCertificate::read(&files).expect("a pair");
        let at = |seconds| Timestamp::from_micros(0).plus_seconds(seconds);
        let (begin, end) = (1_577_836_800, 1_893_456_000);
        assert_eq!(certificate.expires_at(), Some(at(end)));
        for (seconds, outdated) in [(begin - 1, true), (begin, false), (end, false), (end + 1, true)] {
            assert_eq!(certificate.is_outdated(at(seconds)), outdated, "{seconds}");
        }
    }
}
