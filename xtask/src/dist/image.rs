//! An OCI image, written without a container engine: one layer with the program and its libraries,
//! without a shell or package manager.

use anyhow::Context;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::libraries::{self, Library};
use super::product::Product;
use super::tree::{Tree, gzip};

/// The user that the program runs as; no system has a user with this id.
pub(super) const USER: u64 = 65_532;
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Returns the file's name.
pub(super) fn file_name(version: &str) -> String {
    format!("edm-{version}-oci.tar")
}

/// A program for an architecture, with its libraries.
pub(super) struct Platform<'a> {
    pub(super) machine: &'a str,
    pub(super) program: &'a [u8],
    pub(super) libraries: Vec<Library>,
}

/// Writes the layout as one tar file, with an image for each platform.
pub(super) fn layout(product: &Product, platforms: &[Platform<'_>]) -> anyhow::Result<Vec<u8>> {
    let mut tree = Tree::default();
    let mut manifests = Vec::new();
    for platform in platforms {
        let mut manifest = image(&mut tree, product, platform)?;
        manifest["platform"] = json!({"architecture": architecture(platform.machine), "os": "linux"});
        // `podman load` and `docker load` use these as the names of the image.
        manifest["annotations"] = json!({
            "org.opencontainers.image.ref.name": product.version,
            "io.containerd.image.name": format!("docker.io/library/edm:{}", product.version),
        });
        manifests.push(manifest);
    }
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    tree.file("index.json", 0o644, serde_json::to_vec_pretty(&index)?)?;
    tree.file("oci-layout", 0o644, r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    tree.to_tar("", product.seconds)
}

/// Adds the blobs of one image. Returns the descriptor of its manifest.
fn image(tree: &mut Tree, product: &Product, platform: &Platform<'_>) -> anyhow::Result<Value> {
    let layer = layer(product, platform)?.to_tar("", product.seconds)?;
    let labels = json!({
        "org.opencontainers.image.title": "edm",
        "org.opencontainers.image.description": "Finds the exact records of a table in any text",
        "org.opencontainers.image.version": product.version,
        "org.opencontainers.image.revision": product.revision,
        "org.opencontainers.image.created": product.rfc3339()?,
        "org.opencontainers.image.licenses": "Apache-2.0",
    });
    let config = json!({
        "created": product.rfc3339()?,
        "architecture": architecture(platform.machine),
        "os": "linux",
        "config": {
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": {"8443/tcp": {}},
            "Env": ["PATH=/usr/bin", "HOME=/data"],
            "Entrypoint": ["/usr/bin/edm"],
            // Beyond one machine, tokens and salts need TLS: without a certificate at this path the
            // server does not start.
            "Cmd": [
                "serve", "--data-dir", "/data", "--listen", "0.0.0.0:8443",
                "--tls-cert", "/tls/tls.crt", "--tls-key", "/tls/tls.key",
            ],
            "Volumes": {"/data": {}},
            "WorkingDir": "/data",
            "Labels": labels,
            "StopSignal": "SIGTERM",
        },
        "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
        "history": [{"created": product.rfc3339()?, "created_by": "cargo xtask dist"}],
    });
    let layer = blob(tree, LAYER, gzip(&layer)?)?;
    let config = blob(tree, CONFIG, serde_json::to_vec(&config)?)?;
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer], "annotations": labels,
    });
    blob(tree, MANIFEST, serde_json::to_vec(&manifest)?)
}

/// Returns the files of the image.
fn layer(product: &Product, platform: &Platform<'_>) -> anyhow::Result<Tree> {
    let mut tree = Tree::default();
    tree.file("usr/bin/edm", 0o755, platform.program)?;
    libraries::add_to(&mut tree, &platform.libraries)?;
    libraries::add_licences(&mut tree, &platform.libraries)?;
    tree.file("usr/share/doc/edm/LICENSE", 0o644, product.document("LICENSE")?)?;
    tree.file("usr/share/doc/edm/NOTICES", 0o644, product.notices.as_bytes())?;
    tree.file("etc/ssl/certs/ca-certificates.crt", 0o644, authorities())?;
    tree.file("etc/passwd", 0o644, format!("edm:x:{USER}:{USER}::/data:/usr/bin/edm\n"))?;
    tree.file("etc/group", 0o644, format!("edm:x:{USER}:\n"))?;
    tree.file("etc/nsswitch.conf", 0o644, "hosts: files dns\n")?;
    // A volume mounted here gets the owner of this folder.
    tree.folder("data", 0o700, USER)?;
    tree.folder("tmp", 0o1777, super::tree::ROOT)?;
    Ok(tree)
}

/// Returns the certificate authorities that Mozilla trusts, in PEM. The list of this machine might
/// contain one that only this machine trusts.
fn authorities() -> String {
    let mut pem = String::new();
    for certificate in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        pem += "-----BEGIN CERTIFICATE-----\n";
        for line in STANDARD.encode(certificate).as_bytes().chunks(64) {
            pem += &String::from_utf8_lossy(line);
            pem.push('\n');
        }
        pem += "-----END CERTIFICATE-----\n";
    }
    pem
}

fn blob(tree: &mut Tree, media_type: &str, bytes: Vec<u8>) -> anyhow::Result<Value> {
    let digest = digest(&bytes);
    let path = format!("blobs/{}", digest.replace(':', "/"));
    let descriptor = json!({"mediaType": media_type, "digest": digest, "size": bytes.len()});
    // Equal content has one name, also across images.
    if !tree.files().any(|(known, _)| known == path) {
        tree.file(&path, 0o644, bytes)?;
    }
    Ok(descriptor)
}

/// Returns the digest in the format of the OCI layout.
pub(super) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", super::hex(&Sha256::digest(bytes)))
}

fn architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// An image read from a layout, with every digest and size checked.
pub(super) struct Read {
    pub(super) config: Value,
    /// The decompressed layers, lowest first.
    pub(super) layers: Vec<Vec<u8>>,
}

/// Reads the image of an architecture from an unpacked layout. Fails if a digest or a size is
/// wrong.
pub(super) fn read(layout: &std::path::Path, machine: &str) -> anyhow::Result<Read> {
    let index: Value = serde_json::from_slice(&std::fs::read(layout.join("index.json"))?)?;
    let manifests = index["manifests"].as_array().context("the index names no manifests")?;
    let of_machine = manifests.iter().find(|one| one["platform"]["architecture"] == architecture(machine));
    let manifest = read_blob(layout, of_machine.context("the index names no image of this machine")?)?;
    let manifest: Value = serde_json::from_slice(&manifest)?;
    let config: Value = serde_json::from_slice(&read_blob(layout, &manifest["config"])?)?;
    let mut layers = Vec::new();
    let named = manifest["layers"].as_array().context("the manifest names no layers")?;
    for (position, layer) in named.iter().enumerate() {
        let mut plain = Vec::new();
        let compressed = read_blob(layout, layer)?;
        std::io::copy(&mut flate2::read::GzDecoder::new(compressed.as_slice()), &mut plain)?;
        anyhow::ensure!(
            config["rootfs"]["diff_ids"][position] == digest(&plain),
            "layer {position} is another"
        );
        layers.push(plain);
    }
    Ok(Read { config, layers })
}

fn read_blob(layout: &std::path::Path, descriptor: &Value) -> anyhow::Result<Vec<u8>> {
    let named = descriptor["digest"].as_str().context("a descriptor has no digest")?;
    let bytes = std::fs::read(layout.join("blobs").join(named.replace(':', "/")))?;
    anyhow::ensure!(digest(&bytes) == named, "the bytes of {named} are others");
    anyhow::ensure!(descriptor["size"] == bytes.len(), "the size of {named} is another");
    Ok(bytes)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_layout_reads_back_and_a_changed_byte_does_not() {
        let product = Product::for_tests();
        let platforms = ["x86_64", "aarch64"];
        let platforms =
            platforms.map(|machine| Platform { machine, program: b"a program", libraries: Vec::new() });
        let bytes = layout(&product, &platforms).expect("a layout");
        assert_eq!(bytes, layout(&product, &platforms).expect("a layout"), "the same bytes");
        let folder = tempfile::tempdir().expect("a folder");
        super::super::tree::unpack(&bytes, folder.path()).expect("it unpacks");
        for machine in ["x86_64", "aarch64"] {
            let read = read(folder.path(), machine).expect("it reads");
            assert_eq!(read.config["config"]["User"], "65532:65532", "{machine}");
            assert_eq!(read.config["config"]["Labels"]["org.opencontainers.image.revision"], "0123abc");
            let root = tempfile::tempdir().expect("a folder");
            super::super::tree::unpack(&read.layers[0], root.path()).expect("a layer unpacks");
            let at = |path: &str| std::fs::read_to_string(root.path().join(path)).expect(path);
            assert_eq!(at("usr/bin/edm"), "a program");
            assert!(at("etc/ssl/certs/ca-certificates.crt").matches("BEGIN CERTIFICATE").count() > 50);
            assert!(root.path().join("data").is_dir() && root.path().join("tmp").is_dir());
        }
        assert!(read(folder.path(), "riscv64").is_err());
        let blobs = std::fs::read_dir(folder.path().join("blobs/sha256")).expect("blobs");
        for blob in blobs {
            let path = blob.expect("a blob").path();
            let whole = std::fs::read(&path).expect("it reads");
            let mut changed = whole.clone();
            changed[whole.len() / 2] ^= 1;
            std::fs::write(&path, changed).expect("it writes");
            let both = [read(folder.path(), "x86_64"), read(folder.path(), "aarch64")];
            assert!(both.iter().any(Result::is_err), "{}", path.display());
            std::fs::write(&path, whole).expect("it writes");
        }
    }
}
