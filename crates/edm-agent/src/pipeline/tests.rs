use super::*;
use crate::empty_words::EmptyWords;
use crate::progress::NoProgress;
use crate::source::{ExtraColumns, TableFormat, open_bytes};
use edm_model::{DataType, PlaceholderWords};
use sha2::{Digest, Sha256};
use std::io::Cursor;

fn columns() -> Columns {
    Columns::new(vec![
        Column::text("ssn").searchable(),
        Column::text("account").typed(DataType::Digits { width: Some(8) }),
    ])
    .expect("valid")
}

fn plan(rows_per_block: u32, workers: usize, skip: &[u32]) -> BlockPlan {
    BlockPlan {
        store_id: StoreId::from_bytes([1; 16]),
        key_id: KeyId::from_bytes([2; 16]),
        columns: columns(),
        tokens_max: 64,
        salt: Salt::new("0123456789abcdefghijklmnopqrstuv".to_owned()).expect("a salt"),
        rows_per_block,
        skip: skip.iter().copied().collect(),
        operation: Operation::Upsert,
        placeholders: EmptyWords::of(&PlaceholderWords::usual(), &columns()).columns,
        strict: false,
        workers,
    }
}

fn reader(bytes: impl std::io::Read + Send + 'static) -> RecordReader {
    let source = open_bytes(Box::new(bytes), TableFormat::default()).expect("opens");
    RecordReader::new(source, &columns(), ExtraColumns::Refuse).expect("a header")
}

fn seal_all(table: &str, rows_per_block: u32, workers: usize, skip: &[u32]) -> (Outcome, Vec<SealedBlock>) {
    let mut reader = reader(Cursor::new(table.as_bytes().to_vec()));
    let plan = plan(rows_per_block, workers, skip);
    let sealed = Mutex::new(Vec::new());
    let sink = |block| {
        sealed.lock().expect("no panic").push(block);
        Ok(())
    };
    let outcome = run(&mut reader, &plan, &sink, &NoProgress, None).expect("reads");
    let mut sealed = sealed.into_inner().expect("no panic");
    sealed.sort_by_key(|block| block.number);
    (outcome, sealed)
}

fn table(records: usize) -> String {
    let mut text = "account,ssn\n".to_owned();
    for record in 0..records {
        text.push_str(&match record % 10 {
            3 => "too,many,cells\n".to_owned(),
            7 => format!("no digits,900-01-{record:04}\n"),
            _ => format!("{record},900-01-{record:04}\n"),
        });
    }
    text
}

/// The bytes of a block do not depend on the number of threads or on skipped blocks.
#[test]
fn blocks_are_the_same_with_any_number_of_threads() {
    let text = table(95);
    let (outcome, one) = seal_all(&text, 20, 1, &[]);
    let (_, four) = seal_all(&text, 20, 4, &[]);
    let (resumed, rest) = seal_all(&text, 20, 3, &[0, 2, 3]);
    assert_eq!((outcome.records, outcome.blocks, resumed.records, resumed.blocks), (95, 5, 95, 5));
    let bytes =
        |blocks: &[SealedBlock]| blocks.iter().map(|block| block.bytes.as_ref().to_vec()).collect::<Vec<_>>();
    assert_eq!(bytes(&one), bytes(&four));
    assert_eq!(rest.iter().map(|block| block.number).collect::<Vec<_>>(), [1, 4]);
    assert_eq!(rest[0].bytes.as_ref(), one[1].bytes.as_ref());
    assert_eq!(rest[1].bytes.as_ref(), one[4].bytes.as_ref());
}

#[test]
fn blocks_say_which_rows_they_hold_and_what_was_refused() {
    let (outcome, sealed) = seal_all(&table(95), 20, 2, &[]);
    let mut rejections = outcome.rejections.clone();
    for (number, block) in sealed.iter().enumerate() {
        let opened = edm_block::Block::open(block.bytes.as_ref()).expect("is sealed well");
        assert_eq!(block.sha256, <[u8; 32]>::from(Sha256::digest(block.bytes.as_ref())));
        assert_eq!(opened.header().first_row, number as u64 * 20);
        assert_eq!(opened.header().row_count, if number == 4 { 15 } else { 20 });
        rejections.merge(&block.rejections);
    }
    // Records 3, 13 … 93 have too many cells; the account in 7, 17 … 87 has no digits.
    assert_eq!((rejections.rejected_records, rejections.bad_lines), (10, 10));
    assert_eq!(rejections.left_out_cells, [("account".to_owned(), 9)].into());
    let wrong = &rejections.reasons["wrong number of cells (the header has 2)"];
    assert_eq!((wrong.count, wrong.lines[0]), (10, 5));
    let refused =
        &rejections.reasons.iter().find(|(reason, _)| reason.starts_with("account: ")).expect("told").1;
    assert_eq!((refused.count, refused.lines[0]), (9, 9));
}

#[test]
fn a_sink_that_stops_ends_the_reading() {
    let text = table(20_000);
    let (mut reader, plan) = (reader(Cursor::new(text.into_bytes())), plan(8, 2, &[]));
    let stopped = run(&mut reader, &plan, &|_| Err(Stopped), &NoProgress, None);
    assert_eq!(*stopped.expect_err("nobody takes blocks").kind(), ErrorKind::Interrupted);
}

/// A block whose end never came was sealed with the rows that had arrived, if its thread noticed
/// before the stop. The journal recorded it, and a resumed upload skipped the missing rows.
#[test]
fn a_block_that_never_ends_is_not_sealed() {
    let plan = plan(20, 1, &[]);
    let budget = Budget::new(1 << 20);
    let (_jobs, waiting_jobs) = channel();
    let work = Work {
        plan: &plan,
        jobs: Mutex::new(waiting_jobs),
        sink: &|_| Ok(()),
        budget: &budget,
        spare: SpareChunks::default(),
        spare_blocks: Arc::default(),
        damage: Mutex::default(),
        unfilled: Mutex::default(),
        placeholders: Mutex::default(),
        as_text: Mutex::default(),
    };
    let sealed = |ends: bool| {
        let (sender, pieces) = channel();
        let mut chunk = Chunk::default();
        chunk.push_left_out(2..3);
        sender.send(Piece::Records(chunk)).expect("the receiver is open");
        if ends {
            sender.send(Piece::End).expect("the receiver is open");
        }
        drop(sender);
        let mut hasher = RecordHasher::new(&plan.salt, &plan.columns, plan.tokens_max);
        work.seal(&mut hasher, BlockJob { number: 0, first_row: 0, pieces }).is_some()
    };
    assert!(sealed(true));
    assert!(!sealed(false));
}

/// A table that can no longer be read after some bytes.
struct Failing(Cursor<Vec<u8>>);

impl std::io::Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(buffer)? {
            0 => Err(std::io::Error::other("the disk went away")),
            count => Ok(count),
        }
    }
}

#[test]
fn only_whole_blocks_are_sealed_before_a_read_error() {
    let plan = plan(1_000, 2, &[]);
    let mut reader = reader(Failing(Cursor::new(table(100_500).into_bytes())));
    let sealed = Mutex::new(Vec::new());
    let sink = |block: SealedBlock| {
        let opened = edm_block::Block::open(block.bytes.as_ref()).expect("is sealed well");
        sealed.lock().expect("no panic").push(opened.header().row_count);
        Ok(())
    };
    run(&mut reader, &plan, &sink, &NoProgress, None).expect_err("the read error");
    assert!(sealed.into_inner().expect("no panic").iter().all(|rows| *rows == 1_000));
}
