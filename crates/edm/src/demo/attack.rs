//! The first two proofs: what an attacker learns from a stolen data folder, without the key and
//! with it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use edm_agent::GraphClient;
use edm_agent::sample::Random;
use edm_engine::{FileBytes, Generation};
use edm_hash::Salt;
use edm_model::{SessionId, StoreId, TenantId};
use edm_service::MasterKey;
use md5::Md5;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::samples::{Row, Verdict};
use crate::host::{core_count, fill_random};
use crate::output::{Output, grouped};

const GUESSES: usize = 1_000_000;
/// The name of a generation's manifest.
const MANIFEST: &str = "manifest";
/// The file of the master key. Without it nothing that was stolen opens.
const MASTER_KEY: &str = "master.key";

/// A stolen folder, and the victim to search for.
pub(crate) struct Theft<'a> {
    pub(crate) data_dir: &'a Path,
    pub(crate) table: PathBuf,
    pub(crate) store_id: &'a str,
    pub(crate) session_id: &'a str,
    pub(crate) victim: &'a Row,
    pub(crate) seed: u64,
}

impl Theft<'_> {
    /// Searches every file of the data folder for the number in five encodings, and the table as a
    /// control.
    pub(crate) async fn search(&self, output: Output) -> anyhow::Result<Vec<Verdict>> {
        let needles = encodings(&self.victim.person.ssn);
        let (folder, table) = (self.data_dir.to_owned(), self.table.clone());
        let (found, files, bytes, control) = tokio::task::spawn_blocking(move || {
            let (mut found, mut byte_count) = (0, 0);
            let paths = files_below(&folder)?;
            for path in &paths {
                // The server may have replaced the file since the listing.
                let Ok(content) = fs::read(path) else { continue };
                byte_count += content.len();
                found += needles.iter().filter(|needle| contains(&content, needle)).count();
            }
            let content = fs::read(&table)?;
            let control = needles.iter().filter(|needle| contains(&content, needle)).count();
            Ok::<_, std::io::Error>((found, paths.len(), byte_count, control))
        })
        .await??;
        output.line(&format!(
            "  1. the data folder ({files} files, {:.1} MB) searched for that SSN in 5 encodings (plain, digits, \
             UTF-16LE, base64, hex): found {found}; the same search of the table finds it",
            bytes as f64 / 1e6
        ))?;
        Ok(vec![
            if found == 0 { Ok(()) } else { Err("the number is readable in the data folder".to_owned()) },
            if control > 0 {
                Ok(())
            } else {
                Err("the search does not even find it in the table".to_owned())
            },
        ])
    }

    /// Tries a million numbers, the victim's among them, against the stolen generation.
    pub(crate) async fn guess(&self, client: &GraphClient, output: Output) -> anyhow::Result<Vec<Verdict>> {
        let stolen = Arc::new(Stolen::take(self.data_dir, self.store_id, self.session_id)?);
        let session = client.session_with_salt(self.store_id, self.session_id).await?;
        let salt = session.salt.context("the session's creator was not shown its salt")?;
        let salt = Salt::new(salt.expose_secret().to_owned())?;
        let master_key = MasterKey::from_file_bytes(&fs::read(self.data_dir.join(MASTER_KEY))?)?;
        let guesses = Arc::new(self.guesses());
        // What an attacker can try: a random key, and what is known of the generation.
        let mut own = [0; 32];
        fill_random(&mut own)?;
        let known = [self.store_id, self.session_id, ""].map(|text| Sha256::digest(text).into());
        let wrong = known.into_iter().chain([own]);
        let wrong: Vec<MasterKey> =
            wrong.map(|key| MasterKey::generate(&|bytes: &mut [u8]| bytes.copy_from_slice(&key))).collect();
        let victim = self.victim.row;
        let (opened, digests, with, victim_found) = tokio::task::spawn_blocking(move || {
            let opened = wrong.into_iter().filter_map(|key| stolen.manifest(key).ok()).count();
            let digests = stolen.holds_digests(&guesses);
            let confirmed = stolen.confirm(&guesses, master_key, &salt)?;
            Ok::<_, anyhow::Error>((opened, digests, confirmed.len(), confirmed.contains(&victim)))
        })
        .await??;
        output.line(&format!(
            "  2. {} guesses against the stolen files without the master key: none of four wrong keys opens them \
             (opened {opened}), and no SHA-256 or MD5 of a guess is in them (found {digests}); with the master key: {} \
             confirmed, row {victim} among them",
            grouped(GUESSES as u64),
            grouped(with as u64),
        ))?;
        Ok(vec![
            if opened + digests == 0 {
                Ok(())
            } else {
                Err("the files say something without the master key".to_owned())
            },
            if victim_found { Ok(()) } else { Err("the attack does not work even with the key".to_owned()) },
        ])
    }

    /// Returns random numbers of the reserved areas, with the victim's among them.
    fn guesses(&self) -> Vec<String> {
        let mut random = Random::new(self.seed ^ 0x7468_6965_6621);
        let mut guesses: Vec<String> = (1..GUESSES).map(|_| random.ssn()).collect();
        let at = random.position(GUESSES);
        guesses.insert(at.min(guesses.len()), self.victim.person.ssn.clone());
        guesses
    }
}

/// The files of one generation, in memory.
struct Stolen {
    store_id: StoreId,
    session_id: SessionId,
    manifest: Vec<u8>,
    files: Vec<(String, FileBytes)>,
}

impl Stolen {
    fn take(data_dir: &Path, store_id: &str, session_id: &str) -> anyhow::Result<Self> {
        let of_session =
            |path: &PathBuf| path.parent().and_then(Path::file_name).is_some_and(|name| name == session_id);
        let (mut manifest, mut files) = (None, Vec::new());
        for path in files_below(data_dir)?.iter().filter(|path| of_session(path)) {
            let name = path.file_name().and_then(|name| name.to_str()).context("a name is not UTF-8")?;
            let content = fs::read(path)?;
            match name {
                MANIFEST => manifest = Some(content),
                _ => files.push((name.to_owned(), Arc::new(content) as FileBytes)),
            }
        }
        Ok(Self {
            store_id: store_id.parse()?,
            session_id: session_id.parse()?,
            manifest: manifest.context("no generation was found to steal")?,
            files,
        })
    }

    /// Decrypts the manifest under a master key.
    fn manifest(&self, key: MasterKey) -> Result<Zeroizing<Vec<u8>>, edm_service::Error> {
        edm_service::open_manifest(key, TenantId::DEFAULT, self.store_id, self.session_id, &self.manifest)
    }

    /// Opens the generation with these keys. Returns the rows that it confirms.
    fn confirm(&self, guesses: &[String], key: MasterKey, salt: &Salt) -> anyhow::Result<HashSet<u64>> {
        let mut open = |name: &str| {
            let file = self.files.iter().find(|(known, _)| known == name);
            file.map(|(_, bytes)| Arc::clone(bytes)).ok_or_else(|| std::io::ErrorKind::NotFound.into())
        };
        let generation = Generation::open(&self.manifest(key)?, &mut open, salt)?;
        let column = generation.columns().position("ssn").context("the generation has no column ssn")?;
        let share = guesses.len().div_ceil(core_count()).max(1);
        std::thread::scope(|scope| {
            let threads: Vec<_> = guesses
                .chunks(share)
                .map(|chunk| scope.spawn(|| confirmed_rows(&generation, column, chunk)))
                .collect();
            let mut rows = HashSet::new();
            for thread in threads {
                // A failed thread confirms nothing, which must not count as a proof.
                rows.extend(thread.join().map_err(|_| anyhow::anyhow!("a thread of the attack failed"))?);
            }
            Ok(rows)
        })
    }

    /// Returns the number of guesses whose unkeyed digest has its first eight bytes anywhere in the
    /// files.
    fn holds_digests(&self, guesses: &[String]) -> usize {
        let mut wanted = HashSet::with_capacity(guesses.len() * 4);
        for guess in guesses {
            let digits: String = guess.chars().filter(char::is_ascii_digit).collect();
            for form in [guess.as_bytes(), digits.as_bytes()] {
                wanted.extend(Sha256::digest(form).first_chunk::<8>().copied());
                wanted.extend(Md5::digest(form).first_chunk::<8>().copied());
            }
        }
        let windows = self.files.iter().map(|(_, bytes)| {
            let bytes: &[u8] = (**bytes).as_ref();
            bytes.array_windows::<8>().filter(|window| wanted.contains(*window)).count()
        });
        windows.sum()
    }
}

fn confirmed_rows(generation: &Generation, column: usize, guesses: &[String]) -> HashSet<u64> {
    let rows = guesses.iter().flat_map(|guess| generation.lookup(column, guess, 16));
    rows.map(|row| generation.reference(row).record).collect()
}

/// Returns the forms in which the number could be stored. Base64 has three, one for each alignment.
fn encodings(ssn: &str) -> Vec<Vec<u8>> {
    use std::fmt::Write as _;
    let digits: String = ssn.chars().filter(char::is_ascii_digit).collect();
    let hex = |text: &str, upper: bool| {
        text.bytes().fold(String::new(), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = if upper { write!(hex, "{byte:02X}") } else { write!(hex, "{byte:02x}") };
            hex
        })
    };
    let mut forms = Vec::new();
    for text in [ssn, &digits] {
        forms.push(text.as_bytes().to_vec());
        forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
        forms.extend((0..3).map(|offset| base64_middle(text.as_bytes(), offset)));
        forms.extend([hex(text, false).into_bytes(), hex(text, true).into_bytes()]);
    }
    forms
}

/// Returns the base64 characters of a text that do not depend on the bytes around it. The text
/// starts `offset` bytes after a group of three.
fn base64_middle(text: &[u8], offset: usize) -> Vec<u8> {
    let whole = text.get((3 - offset) % 3..).unwrap_or_default();
    let groups = whole.get(..whole.len() / 3 * 3).unwrap_or_default();
    STANDARD.encode(groups).into_bytes()
}

fn contains(content: &[u8], needle: &[u8]) -> bool {
    let Some((first, rest)) = needle.split_first() else { return false };
    let mut from = content;
    while let Some(at) = from.iter().position(|byte| byte == first) {
        from = from.get(at + 1..).unwrap_or_default();
        if from.starts_with(rest) {
            return true;
        }
    }
    false
}

fn files_below(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => files.extend(files_below(&entry.path())?),
            _ => files.push(entry.path()),
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_found_where_it_stands() {
        let forms = encodings("900-12-3456");
        for base64 in ["OTAwLTEyLTM0NTY=", "QTkwMC0xMi0zNDU2", "QUI5MDAtMTItMzQ1Ng=="] {
            assert!(forms.iter().any(|form| contains(base64.as_bytes(), form)), "{base64}");
        }
        for text in ["x900-12-3456x", "900123456", "3930302d31322d33343536", "3930302D31322D33343536"] {
            assert!(forms.iter().any(|form| contains(text.as_bytes(), form)), "{text}");
        }
        let wide: Vec<u8> = "900-12-3456".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(forms.iter().any(|form| contains(&wide, form)));
        assert!(!forms.iter().any(|form| contains(b"900-12-3457 and 901123456", form)));
    }
}
