//! The files of a generation: the same bytes every time, refused when damaged, readable for ever.

use std::path::PathBuf;
use std::sync::Arc;

use crate::support::Files;
use edm_engine::build::{BlockFacts, Builder, Plan, PlanInput};
use edm_engine::{Accelerators, ErrorKind, PreparedTypes, Query, Scratch, scan};
use edm_model::{Column, Columns, DataType, Delimiters, KeyId, StoreId};

fn columns() -> Columns {
    let ignored = Delimiters::new(['-']).expect("delimiters");
    let account = Column { key: true, ..Column::text("account").searchable().ignoring(ignored) };
    Columns::new(vec![account, Column::text("name").searchable().typed(DataType::Name), Column::text("city")])
        .expect("columns")
}

fn rows() -> Vec<[String; 3]> {
    let surnames = ["van der Berg", "Langer", "Okafor", "山田", "García Márquez"];
    let row = |i: usize| {
        let city = if i.is_multiple_of(7) { String::new() } else { format!("City {}", i % 50) };
        [format!("{:04}-{:04}", 1000 + i, 7000 + i * 13 % 2999), format!("{} {i}", surnames[i % 5]), city]
    };
    // The last ten bring the accounts of the first ten again: they take their place.
    (0..600)
        .chain(0..10)
        .map(row)
        .enumerate()
        .map(|(i, mut row)| {
            if i >= 600 {
                row[1] = format!("Replaced {i}");
            }
            row
        })
        .collect()
}

fn built(block_rows: usize) -> Files {
    built_in_parts(block_rows, 30_000)
}

/// 610 rows of 3 columns are gathered in 58,560 bytes.
fn built_in_parts(block_rows: usize, part_bytes: u64) -> Files {
    let rows = rows();
    let cells: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let cells: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
    crate::support::build(&columns(), &cells, block_rows, part_bytes)
}

const TEXT: &str = "1004-7052 García Márquez 4, City 4; 1005-7065 and 10107130 of van der\nBerg 10; Langer 6";

#[test]
fn the_same_rows_give_the_same_bytes() {
    let (one, two) = (built(100), built(100));
    assert_eq!(one.manifest, two.manifest);
    assert_eq!(one.files, two.files);
}

#[test]
fn how_rows_are_cut_into_blocks_changes_no_finding() {
    let found = |block_rows| {
        let types = PreparedTypes::prepare([crate::support::active(&built(block_rows).open(), None)]);
        scan(&Query::new(TEXT, &types), &mut Scratch::new())
    };
    assert_eq!(found(600), found(7));
    assert_eq!(found(600).types[0].matches.len(), 4);
}

#[test]
fn how_many_parts_there_are_changes_no_finding() {
    let found = |part_bytes, parts| {
        let files = built_in_parts(100, part_bytes);
        assert_eq!(files.files.keys().filter(|name| name.starts_with("entries-")).count(), parts);
        let generation = files.open();
        let types = PreparedTypes::prepare([crate::support::active(&generation, None)]);
        (
            scan(&Query::new(TEXT, &types), &mut Scratch::new()),
            generation.classes(),
            generation.row_count(),
            generation.warnings(),
        )
    };
    let one = found(1_000_000, 1);
    assert_eq!(one, found(30_000, 2));
    assert_eq!(one, found(2_000, 32));
    assert_eq!(one, found(50, 2_048));
    assert_eq!(one.2, 600);
}

#[test]
fn a_replaced_row_is_gone() {
    let generation = built(100).open();
    assert_eq!(generation.lookup(0, "1004-7052", 10), [604]);
    let types = PreparedTypes::prepare([crate::support::active(&generation, None)]);
    let report = scan(&Query::new("1004-7052 García Márquez 4, Replaced 604", &types), &mut Scratch::new());
    let found: Vec<usize> = report.types[0].matches.iter().map(|matched| matched.column).collect();
    assert_eq!(found, [0, 1], "the account and the name that replaced the old one");
    assert_eq!(report.types[0].matches[0].rows[0].record, 605);
}

#[test]
fn switching_an_accelerator_off_changes_no_finding() {
    let types = PreparedTypes::prepare([crate::support::active(&built(100).open(), None)]);
    let with = |accelerators| {
        scan(&Query { accelerators, explain: true, ..Query::new(TEXT, &types) }, &mut Scratch::new())
    };
    let all = with(Accelerators::default());
    for off in 0..8u8 {
        let accelerators =
            Accelerators { shapes: off & 1 == 0, vocabulary: off & 2 == 0, filter: off & 4 == 0 };
        assert_eq!(with(accelerators), all, "{accelerators:?}");
    }
}

#[test]
fn damage_is_refused_and_never_panics() {
    damage_is_refused(&built(300));
    damage_is_refused(&changed(&built(300)));
}

fn damage_is_refused(files: &Files) {
    let names: Vec<String> = files.files.keys().cloned().collect();
    for name in names {
        let length = files.files[&name].len();
        for at in (0..length).step_by(1 + length / 97).chain([length - 1]) {
            let mut damaged = Files { manifest: files.manifest.clone(), files: files.files.clone() };
            damaged.files.get_mut(&name).expect("it is there")[at] ^= 0x55;
            let Ok(generation) = damaged.open_with(&crate::support::salt()) else { continue };
            let error = generation.verify().expect_err("a changed byte is seen");
            assert_eq!(error.kind(), ErrorKind::Damaged, "{name} at {at}");
            let types = PreparedTypes::prepare([crate::support::active(&Arc::new(generation), None)]);
            scan(&Query { explain: true, ..Query::new(TEXT, &types) }, &mut Scratch::new());
        }
        let mut cut = Files { manifest: files.manifest.clone(), files: files.files.clone() };
        cut.files.get_mut(&name).expect("it is there").truncate(length / 2);
        assert_eq!(
            cut.open_with(&crate::support::salt()).expect_err("half a file").kind(),
            ErrorKind::Damaged
        );
    }
    for at in 0..files.manifest.len() {
        let mut damaged = Files { manifest: files.manifest.clone(), files: files.files.clone() };
        damaged.manifest[at] ^= 0x55;
        assert!(damaged.open_with(&crate::support::salt()).is_err(), "manifest at {at}");
    }
}

/// Returns the committed files of this name. `EDM_WRITE_FIXTURES` with that name writes them first:
/// those of a new version, never of one that was released.
fn committed(version: &str, written: impl Fn() -> Files) -> Files {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(version);
    if std::env::var("EDM_WRITE_FIXTURES").is_ok_and(|wanted| wanted == version) {
        std::fs::create_dir_all(&folder).expect("a folder");
        let files = written();
        std::fs::write(folder.join("manifest"), &files.manifest).expect("a file");
        files
            .files
            .iter()
            .for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).expect("a file"));
    }
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a committed file");
    let manifest = read("manifest");
    let names = edm_engine::file_names(&manifest).expect("a whole manifest");
    Files { files: names.iter().map(|name| (name.clone(), read(name))).collect(), manifest }
}

/// Files of every version, written on the day that it was made: they must open for ever.
#[test]
fn files_of_every_version_open() {
    const VERSIONS: [&str; 2] = ["v1", "v2"];
    for version in VERSIONS {
        let files = committed(version, || built(300));
        let names: Vec<&String> = files.files.keys().collect();
        let generation = files.open();
        generation.verify().expect("whole files");
        assert_eq!(generation.row_count(), 600);
        assert!(!generation.has_deltas());
        assert_eq!(names.iter().filter(|name| name.starts_with("entries-")).count(), 2);
        let types = PreparedTypes::prepare([crate::support::active(&generation, None)]);
        let report = scan(&Query::new(TEXT, &types), &mut Scratch::new());
        assert_eq!(
            report,
            scan(
                &Query::new(
                    TEXT,
                    &PreparedTypes::prepare([crate::support::active(&built(300).open(), None)])
                ),
                &mut Scratch::new()
            )
        );
        assert_eq!(report.types[0].confidence, 85);
    }
}

/// One record changed, one added, one removed, one removed that was never there.
fn changed(base: &Files) -> Files {
    let rows: [&[&str]; 2] = [&["1004-7052", "Moved Away", "City 4"], &["5555-0001", "Ann New", "Elsewhere"]];
    crate::support::delta(base, 9, &rows, &[&["1005-7065", "", ""], &["9999-9999", "", ""]])
}

#[test]
fn a_delta_of_every_version_opens() {
    for (version, base) in [("v2-delta", "v1"), ("v2-delta", "v2")] {
        let written = || changed(&committed(base, || built(300)));
        let files = committed(version, written);
        let names = files.files.keys().filter(|name| name.starts_with("delta-")).count();
        assert_eq!(names, 1, "small beside the table: its entries stay apart");
        assert_eq!(files.manifest, written().manifest, "the same on {base}");
        let generation = files.open();
        generation.verify().expect("whole files");
        assert_eq!(generation.row_count(), 600);
        let found = |value: &str| -> Vec<(u64, u8)> {
            let rows = generation.lookup(0, value, 10);
            let origins = rows.iter().map(|row| generation.reference(*row));
            origins.map(|origin| (origin.record, origin.session_id.as_bytes()[0])).collect()
        };
        assert_eq!(found("1004-7052"), [(1, 9)], "changed");
        assert_eq!(found("5555-0001"), [(2, 9)], "added");
        assert_eq!(found("1005-7065"), [], "removed");
        assert_eq!(found("1006-7078"), [(607, 2)], "as it was");
        let types = PreparedTypes::prepare([crate::support::active(&generation, None)]);
        let report = scan(&Query { explain: true, ..Query::new(TEXT, &types) }, &mut Scratch::new());
        let places: Vec<usize> = report.types[0].matches.iter().map(|matched| matched.span.start).collect();
        let removed = TEXT.find("1005-7065").expect("it is there");
        assert!(!places.contains(&removed) && places.contains(&0), "{places:?}");
        let explained = format!("{:?}", report.diagnostics);
        assert!(!explained.contains("no current row"), "what was removed is not mentioned: {explained}");
    }
}

#[test]
fn a_delta_is_planned_for_its_base_only() {
    let base = built(300).open();
    let (input, blocks) = crate::support::delta_input(&columns(), 9, &[&["1", "A B", "C"]], &[]);
    let check = |change: &dyn Fn(&mut PlanInput), expected: ErrorKind| {
        let mut input = input.clone();
        change(&mut input);
        assert_eq!(Plan::delta(input, base.clone()).expect_err("refused").kind(), expected);
    };
    check(&|input| input.key_id = KeyId::from_bytes([8; 16]), ErrorKind::BadPlan);
    check(&|input| input.store_id = StoreId::from_bytes([8; 16]), ErrorKind::BadPlan);
    check(&|input| input.tokens_max = 63, ErrorKind::BadPlan);
    check(&|input| input.session_id = base.session_id(), ErrorKind::BadPlan);
    check(&|input| input.blocks.clear(), ErrorKind::BadPlan);
    let other = Columns::new(columns().as_slice().iter().rev().cloned().collect()).expect("columns");
    check(&|input| input.columns = other.clone(), ErrorKind::BadPlan);
    let many = BlockFacts { number: 0, first_row: 0, row_count: 4_000_000_000 - 609 };
    check(&|input| input.blocks = vec![many], ErrorKind::Full);
    let fitting = BlockFacts { row_count: many.row_count - 1, ..many };
    let input = PlanInput { blocks: vec![fitting], ..input };
    assert!(Plan::delta(input.clone(), base).is_ok());
    let whole = Plan::new(PlanInput { blocks: vec![BlockFacts { row_count: 1, ..many }], ..input });
    let whole = whole.expect("a plan");
    for job in whole.jobs() {
        let mut builder = Builder::new(&whole, &[job], &crate::support::salt());
        let removed = builder.remove(0, &blocks[0].1.view()).expect_err("a whole table removes nothing");
        assert_eq!(removed.kind(), ErrorKind::ForeignRows);
    }
}
