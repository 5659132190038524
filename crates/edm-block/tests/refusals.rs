//! Invalid blocks are refused with the right kind of error, and nothing panics.

use edm_block::{Block, BlockHeader, ErrorKind, Operation, plan_digest, rows_per_block, write};
use edm_hash::{RecordHasher, Salt};
use edm_model::{Column, Columns, DataType, KeyId, StoreId, limits};
use sha2::{Digest, Sha256};

fn columns() -> Columns {
    Columns::new(vec![Column::text("account").searchable(), Column::text("full name")]).expect("columns")
}

fn salt() -> Salt {
    Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned()).expect("a salt")
}

fn header(columns: &Columns, row_count: u32) -> BlockHeader {
    BlockHeader {
        store_id: StoreId::from_bytes([1; 16]),
        key_id: KeyId::from_bytes([2; 16]),
        plan_digest: plan_digest(columns, 64),
        operation: Operation::Upsert,
        number: 7,
        first_row: 700,
        row_count,
    }
}

fn sealed(rows: u32) -> Vec<u8> {
    let mut hasher = RecordHasher::new(&salt(), &columns(), 64);
    for row in 0..rows {
        let (account, name) = (format!("account {row}"), format!("Ada van der Berg {row}"));
        if row % 5 == 3 {
            hasher.push_rejected();
        } else {
            hasher.push([account.as_str(), name.as_str()].into_iter());
        }
    }
    write(&header(&columns(), rows), &hasher.finish())
}

/// Recomputes the checksum over changed content, as a careless or hostile writer could.
fn resealed(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() - 32);
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

fn kind(bytes: &[u8]) -> Option<ErrorKind> {
    Block::open(bytes).err().map(|error| error.kind())
}

#[test]
fn a_block_opens_as_it_was_written() {
    let bytes = sealed(21);
    let block = Block::open(&bytes).expect("a whole block");
    assert_eq!((block.header().number, block.header().first_row, block.rejected_count()), (7, 700, 4));
    assert_eq!(block.rows().columns[0].present(), 17);
    assert_eq!(block.sha256(), bytes[bytes.len() - 32..]);
    let rows: Vec<u32> = block.rows().columns[1].values().map(|(row, _)| row).take(4).collect();
    assert_eq!(rows, [0, 1, 2, 4]);
}

#[test]
fn each_damage_has_its_kind() {
    let whole = sealed(21);
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    let longer = [whole.as_slice(), &[0]].concat();
    let cases: Vec<(&str, Vec<u8>, ErrorKind)> = vec![
        ("nothing", Vec::new(), ErrorKind::Truncated),
        ("half a magic", b"EDMB".to_vec(), ErrorKind::Truncated),
        ("a CSV file", b"ssn,name\n900-11-2222,Ada\n".to_vec(), ErrorKind::BadMagic),
        ("half a block", whole[..whole.len() / 2].to_vec(), ErrorKind::Truncated),
        ("one byte short", whole[..whole.len() - 1].to_vec(), ErrorKind::Truncated),
        ("one byte more", longer, ErrorKind::Malformed),
        ("a later version", changed(8, 4), ErrorKind::UnknownVersion),
        ("an earlier version", changed(8, 2), ErrorKind::UnknownVersion),
        ("a later algorithm", changed(10, 2), ErrorKind::UnknownVersion),
        ("a changed hash", changed(whole.len() - 40, 0x5A), ErrorKind::BadChecksum),
        ("a changed checksum", changed(whole.len() - 1, whole[whole.len() - 1] ^ 1), ErrorKind::BadChecksum),
        ("more than a block may have", vec![0; limits::BLOCK_BYTES_MAX + 1], ErrorKind::TooLarge),
        ("an unknown operation", resealed(changed(14, 2)), ErrorKind::Malformed),
        ("no rows", resealed([&whole[..84], &[0; 4], &whole[88..]].concat()), ErrorKind::Malformed),
        (
            "rows past the last",
            resealed([&whole[..88], &[0xFF; 8], &whole[96..]].concat()),
            ErrorKind::Malformed,
        ),
        ("more rules than columns", resealed(changed(98, 3)), ErrorKind::Malformed),
        ("another count of rejected", resealed(changed(108, 5)), ErrorKind::Malformed),
        ("a reserved byte", resealed(changed(120, 1)), ErrorKind::Malformed),
        ("a rejected record with values", resealed(changed(160, 0x18)), ErrorKind::Malformed),
        ("a bit behind the last row", resealed(changed(162, 0x80)), ErrorKind::Malformed),
    ];
    for (what, bytes, expected) in cases {
        assert_eq!(kind(&bytes), Some(expected), "{what}");
        // `reopen` trusts the checksum and nothing else.
        let again = Block::reopen(&bytes).err().map(|error| error.kind());
        assert_eq!(again, Some(expected).filter(|kind| *kind != ErrorKind::BadChecksum), "{what}, again");
    }
}

#[test]
fn no_change_of_content_panics() {
    let whole = sealed(21);
    for at in 0..whole.len() - 32 {
        for flip in [0x01, 0x80, 0xFF] {
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            assert!(kind(&bytes).is_some(), "unsealed change at {at}");
            if let Ok(block) = Block::open(&resealed(bytes)) {
                block.rows().columns.iter().for_each(|column| assert!(column.values().count() <= 21));
            }
        }
    }
}

/// Names with middle names take more than others: their alternative forms are in the block too.
#[test]
fn the_default_block_of_full_names_fits() {
    let names = |name: &str| Column::text(name).typed(DataType::Name);
    let columns = Columns::new(vec![names("one").searchable(), names("other")]).expect("columns");
    let mut hasher = RecordHasher::new(&salt(), &columns, 64);
    let rows = rows_per_block(&columns);
    for _ in 0..rows {
        hasher.push(["Robin James Fenwick", "Jan Willem van der Berg"].into_iter());
    }
    let rows = hasher.finish();
    assert_eq!(rows.view().columns[1].alternatives().count(), rows.row_count as usize * 2);
    let bytes = write(&header(&columns, rows.row_count), &rows);
    Block::open(&bytes).expect("it is no larger than a block may be");
}

#[test]
fn the_default_block_fits() {
    for count in [1, 5, 10, 256] {
        let mut list = vec![Column::text("key").searchable()];
        list.extend((1..count).map(|i| Column::text(format!("column {i}"))));
        let columns = Columns::new(list).expect("columns");
        let rows = u64::from(rows_per_block(&columns));
        let bytes = rows * count as u64 * 16 + rows * (count as u64 + 1) / 8;
        assert!(bytes < limits::BLOCK_BYTES_MAX as u64, "{count} columns");
        assert!(rows >= 1_000, "{count} columns: {rows} rows");
    }
}
