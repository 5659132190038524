//! The source of a data directory's master key: a separate file, the environment, a systemd
//! credential, or a file in the data directory.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use edm_service::MasterKey;
use zeroize::Zeroizing;

use crate::ending::UsageError;
use crate::host::{KEY_CREDENTIAL, KEY_VARIABLE, credential, master_key_of_environment};
use crate::regular_file::open_regular;

/// The name of the key's file in a data directory.
pub(crate) const MASTER_KEY: &str = "master.key";
/// Maximum size of a key file. A key has 65 bytes; a much larger file is something else.
const KEY_BYTES_MAX: usize = 1024;

/// The options for the master key.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct KeyArguments {
    /// File with the master key, apart from the data [default: master.key in the data directory]
    #[arg(long, value_name = "FILE")]
    master_key_file: Option<PathBuf>,
}

/// The source of the key.
pub(crate) enum KeySource {
    /// The file in the data directory.
    Beside(PathBuf),
    /// The given file.
    File(PathBuf),
    /// The value of an environment variable.
    Environment(Zeroizing<Vec<u8>>),
    /// The file of a systemd credential.
    Credential(PathBuf),
}

/// Possible sources from the environment.
#[derive(Default)]
struct Offered {
    text: Option<Zeroizing<Vec<u8>>>,
    credential: Option<PathBuf>,
}

impl KeyArguments {
    /// Returns whether the command line names a file.
    pub(crate) fn is_said(&self) -> bool {
        self.master_key_file.is_some()
    }

    /// Returns the source of the directory's key: the given one, or else the file in the directory.
    ///
    /// # Errors
    /// Two sources were given.
    pub(crate) fn source(&self, data_dir: &Path) -> Result<KeySource, UsageError> {
        let offered = Offered { text: master_key_of_environment(), credential: credential(KEY_CREDENTIAL) };
        self.source_among(offered, data_dir)
    }

    fn source_among(&self, offered: Offered, data_dir: &Path) -> Result<KeySource, UsageError> {
        match (&self.master_key_file, offered.text, offered.credential) {
            (Some(_), Some(_), _) => Err(UsageError(
                "--master-key-file and EDM_MASTER_KEY both give a master key: leave one of them out",
            )),
            // A unit may name its credential by path.
            (Some(file), None, Some(credential)) if *file != credential => Err(UsageError(
                "--master-key-file and the credential edm-master-key both give a master key: leave one of them out",
            )),
            (None, Some(_), Some(_)) => Err(UsageError(
                "EDM_MASTER_KEY and the credential edm-master-key both give a master key: leave one of them out",
            )),
            (_, None, Some(credential)) => Ok(KeySource::Credential(credential)),
            (Some(file), None, None) => Ok(KeySource::File(file.clone())),
            (None, Some(text), None) => Ok(KeySource::Environment(text)),
            (None, None, None) => Ok(KeySource::beside(data_dir)),
        }
    }
}

impl KeySource {
    /// Returns the file in the data directory.
    pub(crate) fn beside(data_dir: &Path) -> Self {
        KeySource::Beside(data_dir.join(MASTER_KEY))
    }

    /// Returns the file that a first start creates; `None` if the operator provides the key.
    pub(crate) fn own_file(&self) -> Option<&Path> {
        match self {
            KeySource::Beside(path) | KeySource::File(path) => Some(path),
            KeySource::Environment(_) | KeySource::Credential(_) => None,
        }
    }

    /// Returns the file of the key.
    pub(crate) fn file(&self) -> Option<&Path> {
        match self {
            KeySource::Beside(path) | KeySource::File(path) | KeySource::Credential(path) => Some(path),
            KeySource::Environment(_) => None,
        }
    }

    /// Reads the key. Fails if it is missing or invalid.
    pub(crate) fn read(&self) -> anyhow::Result<MasterKey> {
        let text = match self {
            KeySource::Environment(text) => text.clone(),
            KeySource::Beside(path) | KeySource::File(path) | KeySource::Credential(path) => {
                read_bounded(path).with_context(|| format!("cannot read {}", path.display()))?
            }
        };
        MasterKey::from_file_bytes(&text).with_context(|| format!("cannot use {self}"))
    }

    /// Returns a warning if the key is stored with the data, where a thief of the data finds it.
    pub(crate) fn beside_the_data(&self, data_dir: &Path) -> Option<String> {
        let file = self.file()?;
        // A link in the directory may lead out of it.
        let lies_there = file.canonicalize().ok()?.starts_with(data_dir.canonicalize().ok()?);
        lies_there.then(|| {
            format!(
                "the master key lies beside the data, in {}: a copy of the directory has both. Move the file and name it \
                 with --master-key-file (docs/operations/data-directory.md)",
                file.display()
            )
        })
    }

    /// Returns a warning if a key was left in the directory although another source is used.
    pub(crate) fn left_beside_the_data(&self, data_dir: &Path) -> Option<String> {
        let left = data_dir.join(MASTER_KEY);
        let is_another = match self {
            KeySource::Beside(_) => false,
            _ => left.exists() && self.beside_the_data(data_dir).is_none(),
        };
        is_another.then(|| {
            format!("the master key comes from {self}, and {} is still there: remove it once the server has run without it", left.display())
        })
    }

    /// Returns a warning if users outside the owner's group can read the file.
    #[cfg(unix)]
    pub(crate) fn open_to_others(&self) -> Option<String> {
        use std::os::unix::fs::PermissionsExt;
        let file = self.file()?;
        let mode = std::fs::metadata(file).ok()?.permissions().mode();
        (mode & 0o007 != 0).then(|| format!("others can read {}: chmod 600 it", file.display()))
    }

    /// Other systems have no such permissions.
    #[cfg(not(unix))]
    pub(crate) fn open_to_others(&self) -> Option<String> {
        None
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeySource::Beside(path) | KeySource::File(path) => write!(f, "{}", path.display()),
            KeySource::Environment(_) => f.write_str(KEY_VARIABLE),
            KeySource::Credential(_) => write!(f, "the credential {KEY_CREDENTIAL}"),
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySource({self})")
    }
}

fn read_bounded(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    // Allocated at full size, because a growing buffer leaves copies in freed memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES_MAX + 64));
    open_regular(path)?.take(KEY_BYTES_MAX as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_from_one_place() {
        let check =
            |option: Option<&str>, text: bool, credential: Option<&str>, expected: Result<&str, &str>| {
                let arguments = KeyArguments { master_key_file: option.map(PathBuf::from) };
                let offered = Offered {
                    text: text.then(|| Zeroizing::new(b"secret".to_vec())),
                    credential: credential.map(PathBuf::from),
                };
                let source = arguments.source_among(offered, Path::new("data"));
                match (source, expected) {
                    (Ok(source), Ok(expected)) => assert_eq!(source.to_string(), expected),
                    (Err(error), Err(expected)) => assert!(error.0.starts_with(expected), "{}", error.0),
                    (source, expected) => panic!("{source:?}, not {expected:?}"),
                }
            };
        check(None, false, None, Ok("data/master.key"));
        check(Some("/k"), false, None, Ok("/k"));
        check(None, true, None, Ok("EDM_MASTER_KEY"));
        check(None, false, Some("/run/c"), Ok("the credential edm-master-key"));
        check(Some("/run/c"), false, Some("/run/c"), Ok("the credential edm-master-key"));
        check(Some("/k"), true, None, Err("--master-key-file and EDM_MASTER_KEY"));
        check(Some("/k"), false, Some("/run/c"), Err("--master-key-file and the credential"));
        check(None, true, Some("/run/c"), Err("EDM_MASTER_KEY and the credential"));
        check(Some("/run/c"), true, Some("/run/c"), Err("--master-key-file and EDM_MASTER_KEY"));
    }

    #[test]
    fn a_source_is_shown_without_its_key() {
        let source = KeySource::Environment(Zeroizing::new(b"secret".to_vec()));
        let refused = source.read().err().expect("it is no key");
        for shown in [format!("{source:?}"), source.to_string(), format!("{refused:#} {refused:?}")] {
            assert!(shown.contains("EDM_MASTER_KEY") && !shown.contains("secret"), "{shown}");
        }
    }

    #[test]
    fn a_file_that_is_no_key_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("long");
        std::fs::write(&path, "0".repeat(KEY_BYTES_MAX * 2)).expect("writes");
        assert_eq!(read_bounded(&path).expect("reads").len(), KEY_BYTES_MAX);
        let refused = KeySource::File(path).read().err().expect("it is no key");
        assert!(format!("{refused:#}").contains("64 hexadecimal digits"), "{refused:#}");
    }
}
