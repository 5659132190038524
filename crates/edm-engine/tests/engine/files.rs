//! The files of a generation: the same bytes every time, refused when damaged, and readable by each
//! later version.

use std::path::PathBuf;
use std::sync::Arc;

use crate::support::Files;
use edm_engine::build::{BlockFacts, Builder, Plan, PlanInput};
use edm_engine::{Accelerators, ErrorKind, FileBytes, Generation, PreparedTypes, Query, Scratch, scan};
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
    assert_eq!(one, found(50_000, 2));
    assert_eq!(one, found(4_000, 32));
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
            let mut damaged = files.clone();
            damaged.files.get_mut(&name).expect("it is there")[at] ^= 0x55;
            let Ok(generation) = damaged.open_with(&crate::support::salt()) else { continue };
            let error = generation.verify().expect_err("a changed byte is seen");
            assert_eq!(error.kind(), ErrorKind::Damaged, "{name} at {at}");
            let types = PreparedTypes::prepare([crate::support::active(&Arc::new(generation), None)]);
            scan(&Query { explain: true, ..Query::new(TEXT, &types) }, &mut Scratch::new());
        }
        let mut cut = files.clone();
        cut.files.get_mut(&name).expect("it is there").truncate(length / 2);
        assert_eq!(
            cut.open_with(&crate::support::salt()).expect_err("half a file").kind(),
            ErrorKind::Damaged
        );
    }
    for at in 0..files.manifest.len() {
        let mut damaged = files.clone();
        damaged.manifest[at] ^= 0x55;
        assert!(damaged.open_with(&crate::support::salt()).is_err(), "manifest at {at}");
    }
}

/// Fails to open or to verify.
fn refused(files: &Files, what: &str) {
    let whole = files.open_with(&crate::support::salt()).and_then(|generation| generation.verify());
    assert_eq!(whole.expect_err(what).kind(), ErrorKind::Damaged, "{what}");
}

/// A small table and a delta on it: three columns, four rows.
fn small(first: &str) -> (Files, Files) {
    let rows: [&[&str]; 3] =
        [&[first, "Ann Ames", "Here"], &["1000-0002", "Bob Behn", ""], &["1000-0003", "Ann Ames", "There"]];
    let base = crate::support::build(&columns(), &rows, 2, 30_000);
    let delta = crate::support::delta(&base, 9, &[&["1000-0002", "Bob Moved", "Here"]], &[]);
    (base, delta)
}

#[test]
fn one_bit_anywhere_is_refused() {
    let (base, delta) = small("1000-0001");
    for files in [&base, &delta] {
        for (name, bytes) in &files.files {
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut damaged = files.clone();
                    damaged.files.get_mut(name).expect("it is there")[at] ^= 1 << bit;
                    refused(&damaged, &format!("{name}: bit {bit} of byte {at}"));
                }
            }
        }
        for at in 0..files.manifest.len() {
            for bit in 0..8 {
                let mut damaged = files.clone();
                damaged.manifest[at] ^= 1 << bit;
                assert!(damaged.open_with(&crate::support::salt()).is_err(), "bit {bit} of byte {at}");
            }
        }
    }
}

#[test]
fn a_file_in_the_place_of_another_is_refused() {
    let ((base, delta), (other, other_delta)) = (small("1000-0001"), small("1000-0009"));
    let put = |files: &Files, name: &str, bytes: &[u8], what: &str| {
        let mut changed = files.clone();
        changed.files.insert(name.to_owned(), bytes.to_vec());
        refused(&changed, &format!("{what}: {name}"));
    };
    for (own, foreign) in [(&base, &other), (&delta, &other_delta)] {
        for (name, bytes) in &own.files {
            // A session that brought the same bytes under the same key is no other one.
            if foreign.files[name] != *bytes {
                put(own, name, &foreign.files[name], "of another generation");
            }
            for (swapped, bytes) in own.files.iter().filter(|(swapped, _)| *swapped != name) {
                put(own, name, bytes, &format!("{swapped} as"));
            }
            for cut in [0, 1, 15, 16, bytes.len() / 2, bytes.len() - 1] {
                put(own, name, &bytes[..cut], "cut");
            }
            put(own, name, &[bytes.as_slice(), &[0]].concat(), "longer");
        }
    }
    // The rules of the base are older than those of the delta.
    put(&delta, "rules", &base.files["rules"], "an older one");
    let mixed = Files { manifest: delta.manifest.clone(), files: base.files.clone() };
    refused(&mixed, "the files of the base with the manifest of the delta");
}

/// Equal cells in equal rows, brought by two deltas on one base, have no bits in common; and what
/// is in a file says nothing of its content.
#[test]
fn two_deltas_on_one_base_share_no_bits() {
    let (base, _) = small("1000-0001");
    let rows: Vec<Vec<String>> = (0..200)
        .map(|row| vec![format!("2000-{row:04}"), format!("Name {row}"), "Same City".to_owned()])
        .collect();
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let one = crate::support::delta(&base, 9, &rows, &[]);
    let two = crate::support::delta(&base, 8, &rows, &[]);
    let (generation, other) = (one.open(), two.open());
    assert_eq!(generation.row_count(), other.row_count());
    for row in 3..203 {
        for column in 0..3 {
            let tokens = (generation.row_token(row, column), other.row_token(row, column));
            assert!(tokens.0.is_some() && tokens.0 != tokens.1, "row {row}, column {column}");
        }
    }
    for name in ["rows-000002", "entries-00000"] {
        let (one, two) = (&one.files[name], &two.files[name]);
        assert_eq!(one.len(), two.len());
        let equal = one.iter().zip(two).filter(|(one, two)| one == two).count();
        assert!(equal < one.len() / 100, "{equal} of {} bytes of {name} are equal by chance", one.len());
    }
}

/// What is decrypted of a base's files is shared, and the answers stay the same.
#[test]
fn a_delta_is_opened_on_its_base() {
    let base = built(300);
    let delta = changed(&base);
    let (opened_base, alone) = (base.open(), delta.open());
    let mut opened = Vec::new();
    let mut open = |name: &str| {
        opened.push(name.to_owned());
        Ok(Arc::new(delta.files[name].clone()) as FileBytes)
    };
    let shared = Generation::open_on(&delta.manifest, &mut open, &crate::support::salt(), Some(&opened_base));
    let shared = Arc::new(shared.expect("a whole generation"));
    opened.sort();
    assert_eq!(opened, ["delta-00000", "rows-000003", "rows-000004", "rules"]);
    shared.verify().expect("whole files");
    shared.verify_on(&opened_base).expect("whole files");
    let found = |generation: &Arc<Generation>| {
        let types = PreparedTypes::prepare([crate::support::active(generation, None)]);
        scan(&Query { explain: true, ..Query::new(TEXT, &types) }, &mut Scratch::new())
    };
    assert_eq!(found(&shared), found(&alone));
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

/// Files of every version, written on the day that it was made.
#[test]
fn files_of_every_version_open() {
    const VERSIONS: [&str; 1] = ["v3"];
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
    const VERSIONS: &[(&str, &str)] = &[("v3-delta", "v3")];
    for (version, base) in VERSIONS {
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
