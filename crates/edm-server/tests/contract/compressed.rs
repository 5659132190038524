//! Compressed bodies: they are read whole or refused, and a refused one has no effect.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use flate2::{Compression, Crc, GzBuilder};
use serde_json::{Value, json};

use crate::text;
use crate::world::{Ask, World, block, path_of, upload_target};

/// The flags of a header.
const CHECKED: u8 = 2;
const EXTRA: u8 = 4;
const NAMED: u8 = 8;
const RESERVED: u8 = 0x20;

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    written(GzBuilder::new(), bytes)
}

fn written(header: GzBuilder, bytes: &[u8]) -> Vec<u8> {
    let mut encoder: GzEncoder<Vec<u8>> = header.write(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}

/// Compresses with a header of ten bytes, these flags, and the given bytes after them.
fn under(flags: u8, fields: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut header = gzip(b"")[..10].to_vec();
    header[3] = flags;
    header.extend_from_slice(fields);
    [header, gzip(bytes)[10..].to_vec()].concat()
}

/// Compresses with a header that contains its checksum.
fn checked(bytes: &[u8], is_right: bool) -> Vec<u8> {
    let mut header = gzip(b"")[..10].to_vec();
    header[3] = CHECKED;
    let mut sum = Crc::new();
    sum.update(&header);
    let sum = (sum.sum() as u16) ^ u16::from(!is_right);
    under(CHECKED, &sum.to_le_bytes(), bytes)
}

/// The end of a body that creates a store.
enum End {
    /// The store is created.
    Read,
    /// Nothing is created.
    Refused(u16, &'static str),
}

use End::{Read, Refused};

const NOT_GZIP: End = Refused(400, "invalidEncoding");
const NOT_TAKEN: End = Refused(415, "unsupportedMediaType");

/// Each case uses a different name, so that the test can check whether the store was created.
async fn check(
    world: &World,
    name: &str,
    encoding: &str,
    pack: impl FnOnce(&[u8]) -> Vec<u8>,
    expected: End,
) {
    let draft = json!({"displayName": name, "columns": [{"name": "ssn", "isSearchable": true}]}).to_string();
    let packed = pack(draft.as_bytes());
    let count = async || {
        let filter =
            format!("/exactMatchDataStores?$filter=displayName%20eq%20'{}'", name.replace(' ', "%20"));
        let listed = world.at("GET", &filter).send().await.expect(200);
        listed["value"].as_array().map(Vec::len).expect("a list")
    };
    let sizes: &[usize] = if packed.len() < 4_000 { &[1, 7, usize::MAX] } else { &[4_096, usize::MAX] };
    for piece_bytes in sizes {
        let ask = world.at("POST", "/exactMatchDataStores").header("content-type", "application/json");
        let ask = ask.header("content-encoding", encoding).bytes(packed.clone()).in_pieces(*piece_bytes);
        let answer = ask.send().await;
        let how = format!("{name} in pieces of {piece_bytes}: {}", answer.text());
        match &expected {
            Read => {
                assert_eq!(answer.status, 201, "{how}");
                assert_eq!(count().await, 1, "{how}");
                let path = format!("/exactMatchDataStores/{}", text(&answer.json(), "id"));
                world.at("DELETE", &path).send().await.expect(204);
            }
            Refused(status, code) => {
                assert_eq!((answer.status.as_u16(), answer.code().as_str()), (*status, *code), "{how}");
                assert_eq!(count().await, 0, "{how}");
                let offered = if *status == 415 { "gzip, identity" } else { "" };
                assert_eq!(answer.header("accept-encoding"), offered, "{how}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gzip_is_read_whole_or_not_at_all() {
    let world = World::new().await;
    let check = async |name: &str, pack: &dyn Fn(&[u8]) -> Vec<u8>, expected: End| {
        check(&world, name, "gzip", pack, expected).await;
    };
    let joined = |parts: &[&[u8]]| parts.concat();
    check("as it is", &gzip, Read).await;
    check("with a name", &|plain| written(GzBuilder::new().filename("s.json"), plain), Read).await;
    check("with a comment", &|plain| written(GzBuilder::new().comment("c"), plain), Read).await;
    check("with an extra field", &|plain| written(GzBuilder::new().extra(*b"ab\x01\0x"), plain), Read).await;
    check(
        "with a time and a system",
        &|plain| written(GzBuilder::new().mtime(9).operating_system(3), plain),
        Read,
    )
    .await;
    check("with a checked header", &|plain| checked(plain, true), Read).await;
    check("with a wrongly checked header", &|plain| checked(plain, false), NOT_GZIP).await;
    check("with a name without end", &|plain| under(NAMED, &[b'n'; 70_000], plain), NOT_GZIP).await;
    check("with a cut extra field", &|plain| under(EXTRA, b"\xff\xff", plain), NOT_GZIP).await;
    check("with a reserved flag", &|plain| under(RESERVED, b"", plain), NOT_GZIP).await;
    check(
        "stored",
        &|plain| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::none());
            encoder.write_all(plain).and_then(|()| encoder.finish()).expect("a vector takes all")
        },
        Read,
    )
    .await;

    check("two members", &|plain| joined(&[&gzip(&plain[..9]), &gzip(&plain[9..])]), Read).await;
    check("an empty member before", &|plain| joined(&[&gzip(b""), &gzip(plain)]), Read).await;
    check("an empty member behind", &|plain| joined(&[&gzip(plain), &gzip(b"")]), Read).await;
    check("a cut member behind", &|plain| joined(&[&gzip(plain), &gzip(b"")[..5]]), NOT_GZIP).await;
    check("one byte behind", &|plain| joined(&[&gzip(plain), b"\x1f"]), NOT_GZIP).await;
    check("zeros behind", &|plain| joined(&[&gzip(plain), &[0; 512]]), NOT_GZIP).await;
    check("words behind", &|plain| joined(&[&gzip(plain), b"and more"]), NOT_GZIP).await;

    let cut = |length: fn(usize) -> usize| {
        move |plain: &[u8]| {
            let packed = gzip(plain);
            packed[..length(packed.len())].to_vec()
        }
    };
    check("cut in the magic", &cut(|_| 1), NOT_GZIP).await;
    check("cut in the header", &cut(|_| 6), NOT_GZIP).await;
    check("cut behind the header", &cut(|_| 10), NOT_GZIP).await;
    check("cut in the data", &cut(|whole| whole / 2), NOT_GZIP).await;
    check("cut before the checksum", &cut(|whole| whole - 8), NOT_GZIP).await;
    check("cut in the checksum", &cut(|whole| whole - 6), NOT_GZIP).await;
    check("cut before the length", &cut(|whole| whole - 4), NOT_GZIP).await;
    check("cut in the length", &cut(|whole| whole - 1), NOT_GZIP).await;

    let changed = |from_end: usize| {
        move |plain: &[u8]| {
            let mut packed = gzip(plain);
            let at = packed.len() - from_end;
            packed[at] ^= 1;
            packed
        }
    };
    check("another checksum", &changed(8), NOT_GZIP).await;
    check("another length", &changed(4), NOT_GZIP).await;
    check(
        "another method",
        &|plain| {
            let mut packed = gzip(plain);
            packed[2] = 7;
            packed
        },
        NOT_GZIP,
    )
    .await;
    check("plain", &<[u8]>::to_vec, NOT_GZIP).await;
    check("twice", &|plain| gzip(&gzip(plain)), Refused(400, "invalidJson")).await;
    check("nothing inside", &|_| gzip(b""), Refused(400, "invalidRequest")).await;
    check("nothing", &|_| Vec::new(), NOT_GZIP).await;
    check("white space without end", &|_| gzip(&vec![b' '; 64 << 20]), Refused(413, "bodyTooLarge")).await;
    // The bound once counted only the inflated bytes, so empty members could arrive forever.
    check("members without content", &|_| gzip(b"").repeat(400_000), Refused(413, "bodyTooLarge")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn encodings_are_taken_by_their_names() {
    let world = World::new().await;
    let zlib = |plain: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).and_then(|()| encoder.finish()).expect("a vector takes all")
    };
    let raw = |plain: &[u8]| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).and_then(|()| encoder.finish()).expect("a vector takes all")
    };
    for encoding in ["gzip", "GZIP", "Gzip", "x-gzip", "X-GZip", " gzip "] {
        check(&world, "gzip by any name", encoding, gzip, Read).await;
    }
    for encoding in ["", "identity", "Identity"] {
        check(&world, "plain by name", encoding, <[u8]>::to_vec, Read).await;
        check(&world, "gzip as plain", encoding, gzip, Refused(400, "invalidJson")).await;
    }
    check(&world, "zlib", "deflate", zlib, NOT_TAKEN).await;
    check(&world, "raw deflate", "deflate", raw, NOT_TAKEN).await;
    for encoding in
        ["br", "zstd", "compress", "*", "gzip;q=1", "gzip, gzip", "gzip, identity", "identity,gzip"]
    {
        check(&world, "another encoding", encoding, gzip, NOT_TAKEN).await;
        check(&world, "plain as another encoding", encoding, <[u8]>::to_vec, NOT_TAKEN).await;
    }
}

/// Begins a request with a compressed body.
fn send<'a>(world: &'a World, path: &str, kind: &str, packed: Vec<u8>) -> Ask<'a> {
    let ask = world.at("POST", path).header("content-type", kind).header("content-encoding", "gzip");
    ask.bytes(packed)
}

async fn furnished(world: &World) -> Value {
    let store = world.store("gz").await;
    world.publish(&store, &[&["900-11-2222", "Okafor"], &["900-33-4444", "Langer"]]).await;
    store
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_body_may_come_compressed() {
    let world = World::new().await;
    let store = furnished(&world).await;
    let words = "so Okafor 900-11-2222";
    let as_json = json!({"text": words}).to_string();
    let line = format!("{}\n", json!({"id": 1, "text": words}));
    let part = json!({"id": "1", "method": "POST", "url": "/dataClassification/classifyExactMatches",
        "headers": {"Content-Type": "application/json"}, "body": {"text": words}});
    let batch = json!({"requests": [part]}).to_string();
    let lookup = json!({"key": "ssn", "resultColumnNames": [], "values": ["900-11-2222"]}).to_string();
    let lookup_path = format!("/exactMatchDataStores/{}/lookup", text(&store, "id"));
    let cases = [
        ("/classifyExactMatches", "application/json", as_json.as_str(), "900-11-2222"),
        ("/classifyExactMatches", "text/plain", words, "900-11-2222"),
        ("/classifyExactMatches", "application/x-ndjson", line.as_str(), "900-11-2222"),
        ("/redactExactMatches", "application/json", as_json.as_str(), "\"text\":\"so ██████ █"),
        (lookup_path.as_str(), "application/json", lookup.as_str(), "\\\"row\\\":1"),
        ("/../$batch", "application/json", batch.as_str(), "900-11-2222"),
    ];
    for (path, kind, body, expected) in cases {
        for piece_bytes in [1, usize::MAX] {
            let packed = gzip(body.as_bytes());
            let ask = match path.strip_prefix("/../") {
                Some(_) => world
                    .ask("POST", "/beta/$batch")
                    .header("content-encoding", "gzip")
                    .bytes(packed)
                    .header("content-type", kind),
                None => send(&world, path, kind, packed),
            };
            let answer = ask.in_pieces(piece_bytes).send().await;
            assert_eq!(answer.status, 200, "{path} {kind}: {}", answer.text());
            assert!(answer.text().contains(expected), "{path} {kind}: {}", answer.text());
        }
    }
    for path in ["/classifyText", "/classifyFile"] {
        let whole = send(&world, path, "application/json", gzip(job_of(path, words).as_bytes()));
        let job = whole.send().await;
        assert_eq!(job.status.as_u16() / 100, 2, "{path}: {}", job.text());
    }
}

fn job_of(path: &str, words: &str) -> String {
    match path {
        "/classifyText" => json!({"text": words, "sensitiveTypeIds": []}).to_string(),
        _ => {
            use base64::Engine;
            let file = base64::engine::general_purpose::STANDARD.encode(words);
            json!({"file": file, "sensitiveTypeIds": []}).to_string()
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_body_does_nothing_anywhere() {
    let world = World::new().await;
    let store = furnished(&world).await;
    let words = "so Okafor 900-11-2222";
    let cut = |plain: &str| {
        let mut packed = gzip(plain.as_bytes());
        packed.truncate(packed.len() - 3);
        packed
    };
    let is_refused = async |ask: Ask<'_>, what: &str| {
        let answer = ask.send().await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (400, "invalidEncoding"), "{what}");
    };
    let count_jobs = async || {
        let listed = world.at("GET", "/jobs").send().await.expect(200);
        listed["value"].as_array().map(Vec::len)
    };
    let before = count_jobs().await;
    for path in ["/classifyText", "/classifyFile"] {
        let asked = send(&world, path, "application/json", cut(&job_of(path, words)));
        is_refused(asked, path).await;
    }
    is_refused(send(&world, "/classifyFile", "text/plain", cut(words)), "a file").await;
    assert_eq!(count_jobs().await, before);
    for (path, kind) in [("/classifyExactMatches", "text/plain"), ("/redactExactMatches", "application/json")]
    {
        let body = if kind == "text/plain" { words.to_owned() } else { json!({"text": words}).to_string() };
        is_refused(send(&world, path, kind, cut(&body)), path).await;
    }
    let path = format!("/exactMatchDataStores/{}", text(&store, "id"));
    let changed = cut(&json!({"description": "half"}).to_string());
    let patch = world.at("PATCH", &path).header("content-type", "application/json");
    is_refused(patch.header("content-encoding", "gzip").bytes(changed), "PATCH").await;
    let now = world.at("GET", &path).send().await.expect(200);
    assert_ne!(now["description"], "half");
    let batch = json!({"requests": [{"id": "1", "method": "POST", "url": "/dataClassification/exactMatchDataStores",
        "headers": {"Content-Type": "application/json"}, "body": {"displayName": "half"}}]});
    let batch = world
        .ask("POST", "/beta/$batch")
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .bytes(cut(&batch.to_string()));
    is_refused(batch, "$batch").await;
    let stores = world.at("GET", "/exactMatchDataStores").send().await.expect(200);
    assert_eq!(stores["value"].as_array().map(Vec::len), Some(1));

    // Each complete line has its result. The error of the cut comes after them, because status 200
    // was sent before.
    let lines = format!("{0}\n{0}\n", json!({"id": 1, "text": words}));
    let answer = send(&world, "/classifyExactMatches", "application/x-ndjson", cut(&lines)).send().await;
    let last = answer.text().lines().last().map(str::to_owned).expect("a line");
    assert!(answer.status == 200 && last.contains("invalidEncoding"), "{}", answer.text());
}

/// Blocks are incompressible, and their digest is that of the sent bytes. A compressed one is
/// refused before it is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn blocks_are_refused_compressed_and_nothing_of_them_stays() {
    let world = World::new().await;
    let store = world.store("blocks").await;
    let session = world.session(&store, json!({"totalBlockCount": 1})).await;
    let bytes = block(&store, &session, &[&["900-11-2222", "Okafor"]]);
    let list = "<BlockList><Latest>MDAwMDAwMDA=</Latest></BlockList>";
    for packed in [gzip(&bytes), bytes.clone()] {
        let put = world.put_block(&session, 0, packed).header("content-encoding", "gzip").send().await;
        assert_eq!((put.status.as_u16(), put.code().as_str()), (400, "UnsupportedHeader"), "{}", put.text());
    }
    let named = world.ask("PUT", upload_target(&session, "comp=blocklist"));
    let named = named.header("content-encoding", "gzip").bytes(gzip(list.as_bytes())).send().await;
    assert_eq!((named.status.as_u16(), named.code().as_str()), (400, "UnsupportedHeader"));
    let now = world.at("GET", &path_of(&store, &session)).send().await.expect(200);
    assert_eq!(now["remainingBlockCount"], 1, "{now}");
    assert_eq!(world.put_block(&session, 0, bytes).send().await.status, 201);
}
