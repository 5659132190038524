//! A tree of files for an archive: sorted, with the same owners and timestamps on every machine.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use flate2::{Compression, GzBuilder};

/// The owner of installed files.
pub(super) const ROOT: u64 = 0;

/// Files, folders and links by path. A folder comes before its content.
#[derive(Debug, Default, Clone)]
pub(super) struct Tree {
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    mode: u32,
    owner: u64,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Folder,
    File(Vec<u8>),
}

impl Tree {
    /// Adds a file and its parent folders. Fails on a path that leaves the tree or exists already.
    pub(super) fn file(&mut self, path: &str, mode: u32, bytes: impl Into<Vec<u8>>) -> anyhow::Result<()> {
        self.folders_above(path)?;
        let entry = Entry { mode, owner: ROOT, content: Content::File(bytes.into()) };
        match self.entries.insert(path.to_owned(), entry) {
            None => Ok(()),
            Some(_) => bail!("{path} is in the tree twice"),
        }
    }

    /// Adds a folder with a special mode or owner.
    pub(super) fn folder(&mut self, path: &str, mode: u32, owner: u64) -> anyhow::Result<()> {
        self.folders_above(path)?;
        self.entries.insert(path.to_owned(), Entry { mode, owner, content: Content::Folder });
        Ok(())
    }

    fn folders_above(&mut self, path: &str) -> anyhow::Result<()> {
        if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
            bail!("{path} is no path inside a tree");
        }
        for (end, _) in path.match_indices('/') {
            let above = path.get(..end).unwrap_or_default().to_owned();
            let folder = Entry { mode: 0o755, owner: ROOT, content: Content::Folder };
            if let Content::File(_) = self.entries.entry(above).or_insert(folder).content {
                bail!("{path} lies below a file");
            }
        }
        Ok(())
    }

    /// Returns the files with their bytes, sorted by path.
    pub(super) fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.entries.iter().filter_map(|(path, entry)| match &entry.content {
            Content::File(bytes) => Some((path.as_str(), bytes.as_slice())),
            Content::Folder => None,
        })
    }

    /// Returns the tree as a tar file. `prefix` is prepended to every path; with a prefix, the root
    /// of the tree has an entry too.
    pub(super) fn to_tar(&self, prefix: &str, seconds: u64) -> anyhow::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        if !prefix.is_empty() {
            append(
                &mut archive,
                prefix,
                &Entry { mode: 0o755, owner: ROOT, content: Content::Folder },
                seconds,
            )?;
        }
        for (path, entry) in &self.entries {
            append(&mut archive, &format!("{prefix}{path}"), entry, seconds)?;
        }
        archive.into_inner().context("a tar file cannot be ended")
    }

    /// Writes the tree into a folder of the file system.
    pub(super) fn write_below(&self, root: &Path) -> anyhow::Result<()> {
        let bytes = self.to_tar("", 0)?;
        unpack(&bytes, root)
    }
}

fn append(
    archive: &mut tar::Builder<Vec<u8>>,
    path: &str,
    entry: &Entry,
    seconds: u64,
) -> anyhow::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(entry.mode);
    header.set_uid(entry.owner);
    header.set_gid(entry.owner);
    header.set_mtime(seconds);
    let (kind, path, bytes) = match &entry.content {
        Content::Folder => (tar::EntryType::Directory, format!("{}/", path.trim_end_matches('/')), &[][..]),
        Content::File(bytes) => (tar::EntryType::Regular, path.to_owned(), bytes.as_slice()),
    };
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    // `append_data` would remove the `./` with which paths of a Debian package start.
    let name = header.as_gnu_mut().map(|header| &mut header.name).context("the header is GNU's")?;
    let Some(place) = name.get_mut(..path.len()) else {
        bail!("{path} is longer than a tar header's name");
    };
    place.copy_from_slice(path.as_bytes());
    header.set_cksum();
    archive.append(&header, bytes).with_context(|| format!("{path} cannot be archived"))
}

/// Compresses bytes reproducibly.
pub(super) fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Unpacks a tar file with its modes, and with its owners if this user may set them.
pub(super) fn unpack(tar: &[u8], root: &Path) -> anyhow::Result<()> {
    let mut archive = tar::Archive::new(tar);
    archive.set_preserve_permissions(true);
    archive.set_preserve_ownerships(super::clean_root::is_root());
    archive.unpack(root).with_context(|| format!("the archive cannot be unpacked into {}", root.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_gives_the_same_bytes_whatever_the_order_and_reads_back() {
        let made = |names: &[&str]| {
            let mut tree = Tree::default();
            for name in names {
                tree.file(name, 0o644, name.as_bytes()).expect("a path");
            }
            tree.folder("var/lib", 0o700, 65_532).expect("a path");
            tree.to_tar("./", 1_700_000_000).expect("an archive")
        };
        let bytes = made(&["usr/bin/edm", "etc/edm.toml"]);
        assert_eq!(bytes, made(&["etc/edm.toml", "usr/bin/edm"]));
        let mut archive = tar::Archive::new(&bytes[..]);
        let entries = archive.entries().expect("entries").map(|entry| {
            let entry = entry.expect("an entry");
            let (path, header) = (String::from_utf8_lossy(&entry.path_bytes()).into_owned(), entry.header());
            assert_eq!(header.mtime().expect("a time"), 1_700_000_000, "{path}");
            (path, header.mode().expect("a mode"), header.uid().expect("an owner"))
        });
        let expected = [
            ("./", 0o755, 0),
            ("./etc/", 0o755, 0),
            ("./etc/edm.toml", 0o644, 0),
            ("./usr/", 0o755, 0),
            ("./usr/bin/", 0o755, 0),
            ("./usr/bin/edm", 0o644, 0),
            ("./var/", 0o755, 0),
            ("./var/lib/", 0o700, 65_532),
        ];
        let expected = expected.map(|(path, mode, owner)| (path.to_owned(), mode, owner));
        assert_eq!(entries.collect::<Vec<_>>(), expected);
        assert_eq!(gzip(&bytes).expect("gzip"), gzip(&bytes).expect("gzip"));
    }

    #[test]
    fn paths_that_leave_the_tree_or_meet_are_refused() {
        let check = |path: &str| {
            let mut tree = Tree::default();
            tree.file("a/b", 0o644, "").expect("a path");
            assert!(tree.file(path, 0o644, "").is_err(), "{path}");
        };
        for path in ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/b", "a/b/c"] {
            check(path);
        }
        let mut long = Tree::default();
        long.file(&"x".repeat(101), 0o644, "").expect("a path");
        assert!(long.to_tar("", 0).is_err());
    }
}
