//! Cases for blobs.

use bytes::Bytes;
use edm_store::{BlobPath, Blobs, ErrorKind, PutOutcome};

use crate::backends::Backend;

fn path(text: &str) -> BlobPath {
    BlobPath::new(text).expect("a valid name")
}

pub(crate) async fn written_once(backend: &Backend<Blobs>) {
    let (blobs, name) = (&backend.store, path("a/b"));
    assert_eq!(blobs.put(&name, Bytes::from_static(b"first")).await.expect("written"), PutOutcome::Created);
    assert_eq!(
        blobs.put(&name, Bytes::from_static(b"second")).await.expect("there"),
        PutOutcome::AlreadyThere
    );
    assert_eq!(blobs.get(&name).await.expect("read"), "first");
    if let Some(file) = blobs.local_path(&name) {
        assert_eq!(std::fs::read(file).expect("a file of this machine"), b"first");
    }
}

pub(crate) async fn listed_and_deleted(backend: &Backend<Blobs>) {
    let blobs = &backend.store;
    for name in ["a/b/2", "a/b/1", "a/bc/1", "d"] {
        blobs.put(&path(name), Bytes::from_static(b"x")).await.expect("written");
    }
    let below = blobs.list(&path("a/b")).await.expect("listed");
    assert_eq!(below, [path("a/b/1"), path("a/b/2")], "in order, and not what merely begins alike");
    let leftover = blobs.local_path(&path("a/b/3")).map(|file| file.with_file_name("3#1"));
    if let Some(leftover) = &leftover {
        std::fs::write(leftover, b"a write that was cut short").expect("written");
    }
    assert_eq!(blobs.delete_below(&path("a/b")).await.expect("deleted"), 2);
    assert!(!leftover.is_some_and(|leftover| leftover.exists()), "what no list shows is gone too");
    assert_eq!(blobs.delete_below(&path("a/b")).await.expect("nothing is left"), 0);
    assert_eq!(blobs.list(&path("a")).await.expect("listed"), [path("a/bc/1")]);
    let again = blobs.put(&path("a/b/1"), Bytes::from_static(b"y")).await.expect("the name is free again");
    assert_eq!(again, PutOutcome::Created);
}

pub(crate) async fn copied(backend: &Backend<Blobs>) {
    let blobs = &backend.store;
    let (from, to) = (path("a/1"), path("b/c/1"));
    let copy =
        async |from: &BlobPath, to: &BlobPath| blobs.copy(from, to).await.map_err(|error| error.kind());
    assert_eq!(copy(&from, &to).await, Err(ErrorKind::NotFound));
    blobs.put(&from, Bytes::from_static(b"bytes")).await.expect("written");
    assert_eq!(copy(&from, &to).await, Ok(PutOutcome::Created));
    assert_eq!(copy(&from, &to).await, Ok(PutOutcome::AlreadyThere), "a job may run twice");
    blobs.put(&path("d"), Bytes::from_static(b"others")).await.expect("written");
    assert_eq!(copy(&from, &path("d")).await, Ok(PutOutcome::AlreadyThere));
    assert_eq!(blobs.get(&path("d")).await.expect("read"), "others", "what is there stays");
    assert_eq!(blobs.delete_below(&path("a")).await.expect("deleted"), 1);
    assert_eq!(blobs.get(&to).await.expect("read"), "bytes", "the other name stays");
    assert_eq!(copy(&from, &path("e")).await, Err(ErrorKind::NotFound));
}

pub(crate) async fn missing(backend: &Backend<Blobs>) {
    let error = backend.store.get(&path("nothing/here")).await.expect_err("missing");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(backend.store.list(&path("nothing")).await.expect("an empty list").is_empty());
}
