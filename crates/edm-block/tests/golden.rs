//! Opens a block that Python wrote from `docs/formats/block.md` alone
//! (`tests/golden/block_reference.py`), and writes the same bytes for the same records.

use edm_block::{Block, BlockHeader, Operation, plan_digest, write};
use edm_hash::{RecordHasher, Salt};
use edm_model::{Column, Columns, Delimiters, Rule};
use serde_json::Value;

fn vectors() -> Value {
    serde_json::from_str(include_str!("golden/block.json")).expect("the vectors are JSON")
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().expect("the vectors hold a text here")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().expect("the vectors hold a list here")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = |at: usize| hex.get(at..at + 2).expect("bytes are written in two digits");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(digits(at), 16).expect("hex digits")).collect()
}

fn columns(vectors: &Value) -> Columns {
    let columns = list(&vectors["columns"]).iter().map(|column| {
        let delimiters =
            list(&column["rule"]["delimiters"]).iter().filter_map(|d| d.as_str()?.chars().next());
        let delimiters = Delimiters::new(delimiters).expect("the vectors name delimiters");
        Column {
            searchable: column["searchable"] == true,
            rule: Rule { delimiters, ..Rule::default() },
            ..Column::text(text(column, "name"))
        }
    });
    Columns::new(columns.collect()).expect("the vectors name columns")
}

fn header(vectors: &Value, columns: &Columns) -> BlockHeader {
    let number = |name: &str| vectors[name].as_u64().expect("the vectors hold a number here");
    BlockHeader {
        store_id: text(vectors, "storeId").parse().expect("a GUID"),
        key_id: text(vectors, "keyId").parse().expect("a GUID"),
        plan_digest: plan_digest(columns, 64),
        operation: Operation::Upsert,
        number: u32::try_from(number("number")).expect("a block number has 32 bits"),
        first_row: number("firstRow"),
        row_count: u32::try_from(list(&vectors["records"]).len()).expect("a few records"),
    }
}

#[test]
fn the_plan_digest_is_the_documented_one() {
    let vectors = vectors();
    assert_eq!(hex(&plan_digest(&columns(&vectors), 64)), text(&vectors, "planDigest"));
}

#[test]
fn a_block_from_elsewhere_opens() {
    let vectors = vectors();
    let bytes = bytes_of(text(&vectors, "block"));
    let block = Block::open(&bytes).expect("the block is sound");
    assert_eq!(block.header(), &header(&vectors, &columns(&vectors)));
    assert_eq!(block.rejected_count(), 0);
}

#[test]
fn the_same_records_give_the_same_bytes() {
    let vectors = vectors();
    let columns = columns(&vectors);
    let salt = Salt::new(text(&vectors, "salt").to_owned()).expect("the salt is short enough");
    let mut hasher = RecordHasher::new(&salt, &columns, 64);
    for record in list(&vectors["records"]) {
        hasher.push(list(record).iter().filter_map(Value::as_str));
    }
    let written = write(&header(&vectors, &columns), &hasher.finish());
    let expected = bytes_of(text(&vectors, "block"));
    let different = written.iter().zip(&expected).position(|(ours, theirs)| ours != theirs);
    assert_eq!((different, written.len()), (None, expected.len()), "first byte that differs, and the length");
}
