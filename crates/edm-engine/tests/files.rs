//! The files of a generation: the same bytes every time, refused when damaged, readable for ever.

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use edm_engine::{Accelerators, ErrorKind, Query, scan};
use edm_model::{Column, Columns, DataType, Delimiters};
use support::Files;

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
    support::build(&columns(), &cells, block_rows, part_bytes)
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
        let types = [support::active(&built(block_rows).open(), None)];
        scan(&Query::new(TEXT, &types))
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
        let types = [support::active(&generation, None)];
        (scan(&Query::new(TEXT, &types)), generation.classes(), generation.row_count(), generation.warnings())
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
    assert_eq!(generation.lookup(0, "1004-7052", 10), [605]);
    let types = [support::active(&generation, None)];
    let report = scan(&Query::new("1004-7052 García Márquez 4, Replaced 604", &types));
    let found: Vec<usize> = report.types[0].matches.iter().map(|own| own.column).collect();
    assert_eq!(found, [0, 1], "the account and the name that replaced the old one");
    assert_eq!(report.types[0].matches[0].rows[0].record, 605);
}

#[test]
fn switching_an_accelerator_off_changes_no_finding() {
    let types = [support::active(&built(100).open(), None)];
    let with = |accelerators| scan(&Query { accelerators, explain: true, ..Query::new(TEXT, &types) });
    let all = with(Accelerators::default());
    for off in 0..8u8 {
        let accelerators =
            Accelerators { shapes: off & 1 == 0, vocabulary: off & 2 == 0, filter: off & 4 == 0 };
        assert_eq!(with(accelerators), all, "{accelerators:?}");
    }
}

#[test]
fn damage_is_refused_and_never_panics() {
    let files = built(300);
    let names: Vec<String> = files.files.keys().cloned().collect();
    for name in names {
        let length = files.files[&name].len();
        for at in (0..length).step_by(1 + length / 97).chain([length - 1]) {
            let mut damaged = Files { manifest: files.manifest.clone(), files: files.files.clone() };
            damaged.files.get_mut(&name).expect("it is there")[at] ^= 0x55;
            let Ok(generation) = damaged.open_with(&support::salt()) else { continue };
            let error = generation.verify().expect_err("a changed byte is seen");
            assert_eq!(error.kind(), ErrorKind::Damaged, "{name} at {at}");
            let types = [support::active(&Arc::new(generation), None)];
            scan(&Query { explain: true, ..Query::new(TEXT, &types) });
        }
        let mut cut = Files { manifest: files.manifest.clone(), files: files.files.clone() };
        cut.files.get_mut(&name).expect("it is there").truncate(length / 2);
        assert_eq!(cut.open_with(&support::salt()).expect_err("half a file").kind(), ErrorKind::Damaged);
    }
    for at in 0..files.manifest.len() {
        let mut damaged = Files { manifest: files.manifest.clone(), files: files.files.clone() };
        damaged.manifest[at] ^= 0x55;
        assert!(damaged.open_with(&support::salt()).is_err(), "manifest at {at}");
    }
}

/// Files of format version 1, written on the day that it was made: they must open for ever. To write those of a new
/// version beside them, set `EDM_WRITE_FIXTURES` to its number.
#[test]
fn files_of_every_version_open() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    if let Ok(version) = std::env::var("EDM_WRITE_FIXTURES") {
        let folder = folder.join(format!("v{version}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let files = built(300);
        std::fs::write(folder.join("manifest"), &files.manifest).expect("a file");
        files
            .files
            .iter()
            .for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes).expect("a file"));
    }
    const VERSIONS: [&str; 1] = ["v1"];
    for version in VERSIONS {
        let folder = folder.join(version);
        let read = |name: &str| std::fs::read(folder.join(name)).expect("a committed file");
        let manifest = read("manifest");
        let names = edm_engine::file_names(&manifest).expect("a whole manifest");
        let files = Files {
            manifest: manifest.clone(),
            files: names.iter().map(|name| (name.clone(), read(name))).collect(),
        };
        let generation = files.open();
        generation.verify().expect("whole files");
        assert_eq!(generation.row_count(), 600);
        assert_eq!(names.iter().filter(|name| name.starts_with("entries-")).count(), 2);
        let types = [support::active(&generation, None)];
        let report = scan(&Query::new(TEXT, &types));
        assert_eq!(report, scan(&Query::new(TEXT, &[support::active(&built(300).open(), None)])));
        assert_eq!(report.types[0].confidence, 85);
    }
}
