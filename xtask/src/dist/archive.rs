//! The archive for any Linux on one architecture: one folder, to be unpacked anywhere.

use super::product::Product;
use super::tree::{Tree, gzip};

/// Returns the name of the folder, and of the file without its extension.
pub(super) fn name(version: &str, machine: &str) -> String {
    format!("edm-{version}-{machine}-unknown-linux-gnu")
}

/// Makes the archive of a program.
pub(super) fn archive(product: &Product, machine: &str, program: &[u8]) -> anyhow::Result<Vec<u8>> {
    let folder = name(&product.version, machine);
    let mut tree = Tree::default();
    let mut add = |path: &str, mode: u32, bytes: &[u8]| tree.file(&format!("{folder}/{path}"), mode, bytes);
    add("edm", 0o755, program)?;
    for name in super::product::DOCUMENTS {
        add(name, 0o644, product.document(name)?)?;
    }
    add("NOTICES", 0o644, product.notices.as_bytes())?;
    add("edm.service", 0o644, super::debian::UNIT)?;
    add("edm.toml", 0o644, super::debian::SETTINGS)?;
    for (path, text) in &product.pages {
        add(path, 0o644, text)?;
    }
    for (name, text) in &product.manual {
        add(&format!("man/{name}"), 0o644, text)?;
    }
    for completion in &product.completions {
        add(&format!("completions/{}", completion.name), 0o644, &completion.text)?;
    }
    gzip(&tree.to_tar("", product.seconds)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_holds_one_folder_with_a_program_that_runs() {
        let product = Product::for_tests();
        let made = || archive(&product, "x86_64", b"#!/bin/sh\necho edm 1.2.3-rc.1\n").expect("an archive");
        assert_eq!(made(), made(), "the same bytes");
        let bytes = made();
        let root = tempfile::tempdir().expect("a folder");
        let mut plain = Vec::new();
        std::io::copy(&mut flate2::read::GzDecoder::new(bytes.as_slice()), &mut plain).expect("gzip");
        super::super::tree::unpack(&plain, root.path()).expect("it unpacks");
        let folder = root.path().join("edm-1.2.3-rc.1-x86_64-unknown-linux-gnu");
        let beside =
            ["CHANGELOG.md", "LICENSE", "NOTICES", "README.md", "SECURITY.md", "edm.service", "edm.toml"];
        let below = [
            "docs/operations/install.md",
            "man/edm.1",
            "completions/edm.bash",
            "completions/_edm",
            "completions/edm.fish",
        ];
        for path in beside.iter().chain(&below) {
            assert!(folder.join(path).is_file(), "{path}");
        }
        #[cfg(unix)]
        {
            let ran = std::process::Command::new(folder.join("edm")).output().expect("it runs");
            assert_eq!(ran.stdout, b"edm 1.2.3-rc.1\n");
        }
    }
}
