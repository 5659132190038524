//! The system's libraries that a program needs, with their packages and licences.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::elf::{self, Needs};
use super::tree::Tree;

/// A library of this system.
#[derive(Debug)]
pub(super) struct Library {
    /// Its path for the loader, without the leading slash.
    path: String,
    bytes: Vec<u8>,
}

impl Library {
    /// Writes the library into another root, unless it exists there.
    pub(super) fn write_below(&self, root: &Path) -> anyhow::Result<()> {
        let path = root.join(&self.path);
        if path.exists() {
            return Ok(());
        }
        let mut tree = Tree::default();
        add_to(&mut tree, std::slice::from_ref(self))?;
        tree.write_below(root)
    }
}

/// Returns the transitive dependencies of a program, the loader included. Fails if one is missing.
pub(super) fn closure(program: &[u8], machine: &str) -> anyhow::Result<Vec<Library>> {
    let needs = Needs::read(program)?;
    let mut found: BTreeMap<String, Library> = BTreeMap::new();
    let mut wanted: Vec<String> = needs.libraries.into_iter().collect();
    if let Some(loader) = needs.loader {
        // The program names the loader by path, whatever the libraries call it.
        let bytes = std::fs::read(&loader).with_context(|| format!("{loader} cannot be read"))?;
        let name = loader.rsplit('/').next().unwrap_or_default().to_owned();
        found.insert(name, Library { path: loader.trim_start_matches('/').to_owned(), bytes });
    }
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) {
            continue;
        }
        let library = find(&name, machine)?;
        wanted.extend(Needs::read(&library.bytes)?.libraries);
        found.insert(name, library);
    }
    Ok(found.into_values().collect())
}

/// Finds a library in the directories that the loaders of Debian's and Red Hat's families search.
fn find(name: &str, machine: &str) -> anyhow::Result<Library> {
    let folders = [
        format!("lib/{machine}-linux-gnu"),
        format!("usr/lib/{machine}-linux-gnu"),
        "lib64".to_owned(),
        "usr/lib64".to_owned(),
        format!("usr/{machine}-linux-gnu/lib"),
    ];
    for folder in folders {
        let path = format!("{folder}/{name}");
        if let Ok(bytes) = std::fs::read(Path::new("/").join(&path))
            && elf::is_for(&bytes, machine)
        {
            return Ok(Library { path, bytes });
        }
    }
    bail!("{name} for {machine} lies in no folder of libraries")
}

/// Adds the libraries to a tree.
pub(super) fn add_to(tree: &mut Tree, libraries: &[Library]) -> anyhow::Result<()> {
    libraries.iter().try_for_each(|library| tree.file(&library.path, 0o755, library.bytes.as_slice()))
}

/// Adds the licence of each library, and a list that names the sources. Fails if the package of a
/// library is unknown.
pub(super) fn add_licences(tree: &mut Tree, libraries: &[Library]) -> anyhow::Result<()> {
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let system = system.map_or("the builder's system", |name| name.trim_matches('"'));
    let mut list = format!(
        "The libraries in this image are not edm's. Each comes unchanged from a package of {system}, under the licence that is\n\
         named; its source is the source package of the version that is named, in the same archive.\n\n"
    );
    for library in libraries {
        let package = package_of(&library.path)?;
        let (name, written) = package.split_once(' ').context("dpkg-query printed no version")?;
        let notice = format!("usr/share/doc/{name}/copyright");
        if !tree.files().any(|(path, _)| path == notice) {
            let text = std::fs::read(Path::new("/").join(&notice));
            tree.file(&notice, 0o644, text.with_context(|| format!("/{notice} cannot be read"))?)?;
        }
        list += &format!("/{}: {name} {written}; /{notice}\n", library.path);
    }
    tree.file("usr/share/doc/edm/libraries.txt", 0o644, list)
}

/// Returns the package of a file with its version and source.
fn package_of(path: &str) -> anyhow::Result<String> {
    // With a merged /usr each library has two paths, and dpkg knows one.
    let without = path.strip_prefix("usr/").unwrap_or(path);
    let owner = [format!("/{without}"), format!("/usr/{without}")].into_iter().find_map(|path| {
        let said = asked(&["--search", &path]).ok()?;
        Some(said.split_once(": ")?.0.to_owned())
    });
    let owner = owner.with_context(|| {
        format!("dpkg-query knows no package of /{path}, so its licence cannot be given along: build the image on Debian")
    })?;
    let format = "--showformat=${Package} ${Version} (source ${source:Package} ${source:Version})";
    asked(&["--show", format, &owner])
}

fn asked(arguments: &[&str]) -> anyhow::Result<String> {
    let asked = Command::new("dpkg-query").args(arguments).stdin(Stdio::null()).output();
    let asked = asked
        .context("dpkg-query does not start, so licences cannot be given along: build the image on Debian")?;
    if !asked.status.success() {
        bail!("dpkg-query {}: {}", arguments.join(" "), String::from_utf8_lossy(&asked.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&asked.stdout).trim().to_owned())
}
