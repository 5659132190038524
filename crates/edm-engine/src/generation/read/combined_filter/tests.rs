use std::path::PathBuf;

use edm_hash::Salt;

use super::*;
use crate::generation::file_bytes::FileBytes;

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
    let rules = opened("v3").rules().len();
    for members in (0..rules).map(|rule| members(&["v3", "v3", "v3-delta"], rule)) {
        let union = CombinedFilter::new(&members);
        let mut hashes: Vec<Hash> = Vec::new();
        for (generation, rule) in &members {
            generation.each_address(*rule, |address| hashes.push(u128::from(address).to_le_bytes()));
        }
        let held = hashes.len();
        let strange = |index: usize| (index as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        hashes.extend((0..10_000).map(|index| strange(index).to_le_bytes()));
        let mut marks = BitSet::default();
        marks.clear(hashes.len());
        union.mark_possible(&hashes, &mut marks);
        assert!((0..held).all(|index| marks.contains(index)));
        assert!(marks.iter().filter(|index| *index >= held).count() < 200, "few of the others");
        for (generation, rule) in &members {
            let (prefilter, tags) = generation.prefilter_and_tags(*rule);
            assert_eq!(prefilter.has_vocabulary(), union.prefilter().has_vocabulary());
            assert!(
                union.prefilter().atoms_max >= prefilter.atoms_max
                    && union.prefilter().bytes_max >= prefilter.bytes_max
            );
            let (tags, _) = tags.as_chunks::<4>();
            let tags: Vec<u32> = tags.iter().map(|tag| u32::from_le_bytes(*tag)).collect();
            marks.clear(tags.len());
            union.prefilter().mark_atoms(&tags, &mut marks);
            assert!(marks.iter().eq(0..tags.len()), "every tag of a table is one of the union");
        }
    }
}
