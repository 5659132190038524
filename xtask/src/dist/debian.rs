//! A Debian package: an `ar` file with two archives, written without dpkg.

use md5::{Digest, Md5};

use super::elf::{self, Needs};
use super::product::Product;
use super::tree::{Tree, gzip};

pub(super) const UNIT: &[u8] = include_bytes!("../../../packaging/edm.service");
pub(super) const SETTINGS: &[u8] = include_bytes!("../../../packaging/edm.toml");
const SETTINGS_PATH: &str = "etc/edm/edm.toml";
const MAINTAINER: &str = "The edm developers";

/// The installation does not start the service, because the operator must check the settings first.
/// A running one is restarted with the new binary.
const POSTINST: &str = r#"#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload || true
    if [ -n "$2" ]; then systemctl try-restart edm.service || true; fi
fi
"#;
const PRERM: &str = r#"#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now edm.service || true
fi
"#;
/// Removal keeps the data, because no backup can be read without its master key.
const POSTRM: &str = r#"#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
"#;

/// Returns the package's file name by Debian's rules.
pub(super) fn file_name(version: &str, machine: &str) -> String {
    format!("edm_{}_{}.deb", debian_version(version), architecture(machine))
}

fn debian_version(version: &str) -> String {
    // `~` sorts before the end of the version: 0.2.0~rc.1 comes before 0.2.0.
    format!("{}-1", version.replace('-', "~"))
}

fn architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// Makes the package of a program for an architecture.
pub(super) fn package(product: &Product, machine: &str, program: &[u8]) -> anyhow::Result<Vec<u8>> {
    let depends = elf::debian_depends(&Needs::read(program)?)?;
    let data = installed(product, program)?;
    let control = control(product, architecture(machine), &depends, &data)?;
    let seconds = product.seconds;
    let members = [
        ("debian-binary", b"2.0\n".to_vec()),
        ("control.tar.gz", gzip(&control.to_tar("./", seconds)?)?),
        ("data.tar.gz", gzip(&data.to_tar("./", seconds)?)?),
    ];
    let mut package = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        let size = bytes.len();
        package.extend_from_slice(
            format!("{name:<16}{seconds:<12}0     0     100644  {size:<10}`\n").as_bytes(),
        );
        package.extend_from_slice(&bytes);
        if size % 2 == 1 {
            package.push(b'\n');
        }
    }
    Ok(package)
}

/// Returns the files of the installed package.
fn installed(product: &Product, program: &[u8]) -> anyhow::Result<Tree> {
    let mut tree = Tree::default();
    tree.file("usr/bin/edm", 0o755, program)?;
    tree.file("lib/systemd/system/edm.service", 0o644, UNIT)?;
    tree.file(SETTINGS_PATH, 0o644, SETTINGS)?;
    for (name, text) in &product.manual {
        tree.file(&format!("usr/share/man/man1/{name}.gz"), 0o644, gzip(text)?)?;
    }
    for completion in &product.completions {
        tree.file(&format!("usr/share/{}", completion.system_path), 0o644, completion.text.as_slice())?;
    }
    let changelog = product.document("CHANGELOG.md")?;
    let folder = "usr/share/doc/edm";
    tree.file(&format!("{folder}/changelog.gz"), 0o644, gzip(changelog)?)?;
    tree.file(&format!("{folder}/changelog.Debian.gz"), 0o644, gzip(debian_changelog(product)?.as_bytes())?)?;
    tree.file(&format!("{folder}/copyright"), 0o644, COPYRIGHT)?;
    tree.file(&format!("{folder}/NOTICES.gz"), 0o644, gzip(product.notices.as_bytes())?)?;
    for (path, text) in &product.pages {
        tree.file(&format!("{folder}/{path}"), 0o644, text.as_slice())?;
    }
    for name in ["README.md", "SECURITY.md"] {
        tree.file(&format!("{folder}/{name}"), 0o644, product.document(name)?)?;
    }
    Ok(tree)
}

fn control(product: &Product, architecture: &str, depends: &[String], data: &Tree) -> anyhow::Result<Tree> {
    let installed_bytes: usize = data.files().map(|(_, bytes)| bytes.len()).sum();
    let fields = format!(
        "Package: edm\n\
         Version: {}\n\
         Architecture: {architecture}\n\
         Maintainer: {MAINTAINER}\n\
         Installed-Size: {}\n\
         Depends: {}\n\
         Section: utils\n\
         Priority: optional\n\
         Description: exact data match service\n \
         Finds the exact records of a table in any text. The table is hashed with a key\n \
         where it lies; the service holds hashes only. It speaks the dataClassification\n \
         part of Microsoft Graph beta, and is its own command line.\n",
        debian_version(&product.version),
        installed_bytes.div_ceil(1024),
        depends.join(", "),
    );
    let mut sums = String::new();
    for (path, bytes) in data.files() {
        sums += &format!("{}  {path}\n", super::hex(&Md5::digest(bytes)));
    }
    let mut tree = Tree::default();
    tree.file("control", 0o644, fields)?;
    tree.file("conffiles", 0o644, format!("/{SETTINGS_PATH}\n"))?;
    tree.file("md5sums", 0o644, sums)?;
    for (name, script) in [("postinst", POSTINST), ("prerm", PRERM), ("postrm", POSTRM)] {
        tree.file(name, 0o755, script)?;
    }
    Ok(tree)
}

fn debian_changelog(product: &Product) -> anyhow::Result<String> {
    let date = product.moment()?.format(&time::format_description::well_known::Rfc2822)?;
    Ok(format!(
        "edm ({}) unstable; urgency=medium\n\n  * What changed is told in changelog.gz.\n\n -- {MAINTAINER} <>  {date}\n",
        debian_version(&product.version)
    ))
}

/// The licence of edm, and the location of those of its dependencies.
const COPYRIGHT: &str = "\
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: edm
Comment: What is compiled in is under the licences in /usr/share/doc/edm/NOTICES.gz.

Files: *
Copyright: The edm developers
License: Apache-2.0
 On Debian systems the text of the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.
";

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;

    use super::*;

    /// Reads the package as dpkg does: magic, headers of 60 bytes, members at even offsets.
    fn members(package: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut rest = package.strip_prefix(b"!<arch>\n").expect("the magic of ar");
        let mut found = Vec::new();
        while !rest.is_empty() {
            let header = std::str::from_utf8(&rest[..60]).expect("headers are text");
            assert!(header.ends_with("`\n"), "{header:?}");
            let size: usize = header[48..58].trim().parse().expect("a size");
            found.push((header[..16].trim().to_owned(), rest[60..60 + size].to_vec()));
            rest = &rest[60 + size + size % 2..];
        }
        found
    }

    fn files(compressed: &[u8]) -> Vec<(String, u32, Vec<u8>)> {
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(compressed));
        let entries = archive.entries().expect("entries");
        let read = entries.map(|entry| {
            let mut entry = entry.expect("an entry");
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("it is whole");
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            (path, entry.header().mode().expect("a mode"), bytes)
        });
        read.collect()
    }

    fn text<'a>(files: &'a [(String, u32, Vec<u8>)], path: &str) -> &'a str {
        let found = files.iter().find(|(name, ..)| name == path);
        std::str::from_utf8(&found.unwrap_or_else(|| panic!("no {path}")).2).expect("text")
    }

    #[test]
    fn a_package_is_what_dpkg_reads() {
        let program = std::fs::read(std::env::current_exe().expect("a program")).expect("it reads");
        let product = Product::for_tests();
        let package = super::package(&product, "x86_64", &program).expect("a package");
        assert_eq!(
            package,
            super::package(&product, "x86_64", &program).expect("a package"),
            "the same bytes"
        );
        let members = members(&package);
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["debian-binary", "control.tar.gz", "data.tar.gz"]);
        assert_eq!(members[0].1, b"2.0\n");
        let (control, data) = (files(&members[1].1), files(&members[2].1));

        let fields = text(&control, "./control");
        assert!(fields.contains("Version: 1.2.3~rc.1-1\nArchitecture: amd64\n"), "{fields}");
        assert!(fields.contains("Depends: libc6 (>= 2."), "{fields}");
        assert!(fields.ends_with('\n') && !fields.contains("\n\n"), "{fields}");
        assert_eq!(text(&control, "./conffiles"), "/etc/edm/edm.toml\n");
        for script in ["./postinst", "./prerm", "./postrm"] {
            assert!(text(&control, script).starts_with("#!/bin/sh\nset -e\n"), "{script}");
        }
        let sums = text(&control, "./md5sums");
        for (path, mode, bytes) in &data {
            let expected = if path.ends_with('/') || path == "./usr/bin/edm" { 0o755 } else { 0o644 };
            assert_eq!(*mode, expected, "{path}");
            let sum =
                format!("{}  {}\n", crate::dist::hex(&Md5::digest(bytes)), path.trim_start_matches("./"));
            assert!(path.ends_with('/') || sums.contains(&sum), "{path}");
        }
        let paths: Vec<&str> = data.iter().map(|(path, ..)| path.as_str()).collect();
        for path in [
            "./lib/systemd/system/edm.service",
            "./usr/share/man/man1/edm.1.gz",
            "./usr/share/bash-completion/completions/edm",
            "./usr/share/doc/edm/changelog.Debian.gz",
            "./usr/share/doc/edm/copyright",
        ] {
            assert!(paths.contains(&path), "{path} in {paths:?}");
        }
    }
}
