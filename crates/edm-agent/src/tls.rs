//! Certificate trust: the system's authorities, or only a given certificate.
//!
//! Problem: `openssl req -x509` makes a self-signed certificate that is an authority. The rules of
//! the web (RFC 5280) forbid an authority to act as a server. Idea: a certificate given by hand is
//! trusted itself, even if it claims to be an authority. Its name and dates must still be valid.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as cryptography;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as cryptography;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use crate::error::ErrorKind;

/// Why a client cannot be made.
pub(crate) type TlsError = Box<dyn std::error::Error + Send + Sync>;

/// Which certificates are trusted.
pub(crate) enum Trust<'a> {
    /// None: plain HTTP verifies nothing, so a machine without a certificate store is fine.
    Nobody,
    /// Those signed by the system's authorities.
    System,
    /// Those given in PEM, and those signed by them.
    Given(&'a [u8]),
}

/// Makes the TLS configuration of a client.
pub(crate) fn client_config(trust: Trust<'_>) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(cryptography::default_provider());
    let verifier = match trust {
        Trust::Nobody => None,
        Trust::System => Some(Verifier::of_system(provider.clone())?),
        Trust::Given(pem) => Some(Verifier::of_given(pem, provider.clone())?),
    };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(match verifier {
        Some(verifier) => {
            config.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth()
        }
        None => config.with_root_certificates(RootCertStore::empty()).with_no_client_auth(),
    })
}

/// Returns why a connection failed, if something other than a retry would help.
pub(crate) fn refused_connection(error: &(dyn std::error::Error + 'static)) -> Option<ErrorKind> {
    let mut cause = Some(error);
    while let Some(known) = cause {
        // An I/O error hides the error that it wraps from its `source` chain.
        let wrapped = known.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let wrapped = wrapped.map(|inner| inner as &(dyn std::error::Error + 'static));
        for one in [Some(known), wrapped].into_iter().flatten() {
            match one.downcast_ref() {
                Some(Error::InvalidCertificate(reason)) if is_outdated(reason) => {
                    return Some(ErrorKind::OutdatedCertificate);
                }
                Some(Error::InvalidCertificate(reason)) if is_nameless(reason) => {
                    return Some(ErrorKind::NamelessCertificate);
                }
                Some(Error::InvalidCertificate(_)) => return Some(ErrorKind::UntrustedCertificate),
                // The server answered the TLS handshake with something else.
                Some(Error::InvalidMessage(_)) => return Some(ErrorKind::NoTlsThere),
                _ => {}
            }
            if one.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
                return Some(ErrorKind::NoHttpThere);
            }
        }
        cause = wrapped.or_else(|| known.source());
    }
    None
}

/// Returns whether a certificate is refused because of its dates. Trusting it would not help.
fn is_outdated(reason: &CertificateError) -> bool {
    matches!(
        reason,
        CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }
    )
}

/// Returns whether a certificate is refused because it contains no name at all. Trusting it would
/// not help.
fn is_nameless(reason: &CertificateError) -> bool {
    matches!(reason, CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty())
}

/// Verifies as another verifier does, with two exceptions. A given certificate may be an authority,
/// and a certificate without any name is refused for that, whatever else is wrong: trusting it
/// would not help.
#[derive(Debug)]
struct Verifier {
    authorities: Arc<dyn ServerCertVerifier>,
    /// Certificates that are trusted themselves.
    given: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// Trusts the system's authorities.
    fn of_system(provider: Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let authorities = Arc::new(rustls_platform_verifier::Verifier::new(provider)?);
        Ok(Self { authorities, given: Vec::new() })
    }

    /// Trusts the certificates in PEM and what they signed.
    fn of_given(pem: &[u8], provider: Arc<CryptoProvider>) -> Result<Self, TlsError> {
        let given = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>()?;
        if given.is_empty() {
            return Err("the file holds no certificate in PEM".into());
        }
        let mut roots = RootCertStore::empty();
        for certificate in &given {
            roots.add(certificate.clone())?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
        Ok(Self { authorities, given })
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        verified.or_else(|error| {
            let named = ParsedCertificate::try_from(end_entity)
                .and_then(|certificate| verify_server_name(&certificate, server_name));
            // If a given certificate is refused for another reason than those that rustls names,
            // the reason is its usage. Its dates were checked before.
            let only_usage = matches!(error, Error::InvalidCertificate(CertificateError::Other(_)));
            match named {
                Err(Error::InvalidCertificate(reason)) if is_nameless(&reason) => {
                    Err(Error::InvalidCertificate(reason))
                }
                named if only_usage && self.given.contains(end_entity) => {
                    named.map(|()| ServerCertVerified::assertion())
                }
                _ => Err(error),
            }
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    /// Makes a self-signed certificate, as `openssl req -x509` does.
    fn authority(name: &str, until: i32) -> rcgen::Certificate {
        authority_of(vec![name.to_owned()], until)
    }

    fn authority_of(names: Vec<String>, until: i32) -> rcgen::Certificate {
        let mut params = CertificateParams::new(names).expect("names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        params.self_signed(&KeyPair::generate().expect("a key")).expect("signs itself")
    }

    #[test]
    fn a_given_certificate_may_be_its_own_authority() {
        let check = |given: &[&rcgen::Certificate], shown: &rcgen::Certificate, name: &str| {
            let pem: String = given.iter().map(|certificate| certificate.pem()).collect();
            let verifier = Verifier::of_given(pem.as_bytes(), Arc::new(cryptography::default_provider()));
            let name = ServerName::try_from(name.to_owned()).expect("a name");
            let verified =
                verifier.expect("PEM").verify_server_cert(shown.der(), &[], &name, &[], UnixTime::now());
            verified.map(drop).map_err(|error| error.to_string())
        };
        let (own, expired) = (authority("edm.example.org", 2100), authority("edm.example.org", 2021));
        assert_eq!(check(&[&own], &own, "edm.example.org"), Ok(()));
        assert!(
            check(&[&own], &own, "other.example.org")
                .is_err_and(|error| error.contains("not valid for name"))
        );
        assert!(
            check(&[&expired], &expired, "edm.example.org").is_err_and(|error| error.contains("expired"))
        );
        // Trusting an expired certificate does not help, so it has a separate message.
        for (reason, kind) in [
            (CertificateError::Expired, ErrorKind::OutdatedCertificate),
            (CertificateError::NotValidYet, ErrorKind::OutdatedCertificate),
            (CertificateError::UnknownIssuer, ErrorKind::UntrustedCertificate),
        ] {
            let error = std::io::Error::other(Error::InvalidCertificate(reason));
            assert_eq!(refused_connection(&error), Some(kind));
        }
        // Another certificate with the same name is not trusted.
        let other = authority("edm.example.org", 2100);
        assert!(check(&[&own], &other, "edm.example.org").is_err());
        assert_eq!(check(&[&other, &own], &own, "edm.example.org"), Ok(()));
        // Without a name it is refused for that, trusted or not.
        let nameless = authority_of(Vec::new(), 2100);
        for trusted in [&nameless, &own] {
            let provider = Arc::new(cryptography::default_provider());
            let given = Verifier::of_given(trusted.pem().as_bytes(), provider).expect("PEM");
            let name = ServerName::try_from("edm.example.org").expect("a name");
            let refused = given.verify_server_cert(nameless.der(), &[], &name, &[], UnixTime::now());
            let refused = std::io::Error::other(refused.expect_err("it has no name"));
            assert_eq!(refused_connection(&refused), Some(ErrorKind::NamelessCertificate));
        }
        assert!(client_config(Trust::Given(b"no PEM")).is_err());
        assert!(client_config(Trust::Nobody).is_ok());
    }
}
