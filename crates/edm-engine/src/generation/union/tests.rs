use std::path::PathBuf;

use edm_hash::Salt;

use super::*;
use crate::FileBytes;

fn opened(name: &str) -> Arc<Generation> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    let manifest = std::fs::read(folder.join("manifest")).expect("a committed file");
    let mut open = |name: &str| std::fs::read(folder.join(name)).map(|bytes| Arc::new(bytes) as FileBytes);
    let salt = Salt::new("0123456789abcdefghijklmnopqrstuvwxyz".to_owned()).expect("a salt");
    Arc::new(Generation::open(&manifest, &mut open, &salt).expect("a whole generation"))
}

fn members(names: &[&str], rule: usize) -> Vec<Member> {
    names.iter().map(|name| (opened(name), rule)).collect()
}

/// The tables one by one are the oracle of their union.
#[test]
fn what_one_table_lets_pass_the_union_lets_pass() {
    let rules = opened("v2").rules().len();
    for members in (0..rules).map(|rule| members(&["v1", "v2", "v2-delta"], rule)) {
        let union = Union::new(&members).expect("little is held");
        let mut hashes: Vec<Hash> = Vec::new();
        for (generation, rule) in &members {
            generation.each_address(*rule, |address| hashes.push(u128::from(address).to_le_bytes()));
        }
        let held = hashes.len();
        let strange = |index: usize| (index as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        hashes.extend((0..10_000).map(|index| strange(index).to_le_bytes()));
        let mut marks = Marks::default();
        marks.clear(hashes.len());
        union.mark_possible(&hashes, &mut marks);
        assert!((0..held).all(|index| marks.has(index)));
        assert!(marks.iter().filter(|index| *index >= held).count() < 200, "few of the others");
        for (generation, rule) in &members {
            let (gate, tags) = generation.gate_and_tags(*rule).expect("the rule has a gate");
            assert_eq!(gate.has_vocabulary(), union.gate().has_vocabulary());
            assert!(union.gate().atoms_max >= gate.atoms_max && union.gate().bytes_max >= gate.bytes_max);
            let tags: Vec<u32> = tags.iter().map(|tag| u32::from_le_bytes(*tag)).collect();
            marks.clear(tags.len());
            union.gate().mark_atoms(&tags, &mut marks);
            assert!(marks.iter().eq(0..tags.len()), "every tag of a table is one of the union");
        }
    }
}

#[test]
fn tables_are_united_once_they_are_often_asked_together() {
    let (both, other) = (members(&["v1", "v2"], 0), members(&["v2", "v2-delta"], 0));
    let unions = Unions::default();
    for time in 1..10 {
        assert_eq!(unions.of(&both).is_some(), time >= UNITED_AFTER, "{time}");
        if time == 6 {
            assert!(unions.of(&other).is_none(), "another set is another set");
        }
    }
    let first = unions.of(&both).expect("united");
    assert!(Arc::ptr_eq(&first, &unions.of(&both).expect("united")), "it is made once");
    drop(other);
    assert!(unions.of(&both).is_some());
    assert_eq!(
        unions.0.lock().expect("no panic before").len(),
        1,
        "what a dropped table was in is forgotten"
    );
    for _ in 0..SETS_MAX {
        let all: Vec<Vec<Member>> = (0..SETS_MAX).map(|_| members(&["v1", "v2"], 0)).collect();
        all.iter().for_each(|set| assert!(unions.of(set).is_none()));
    }
    assert!(unions.of(&both).is_none(), "what nobody asks for falls off the end");
}
