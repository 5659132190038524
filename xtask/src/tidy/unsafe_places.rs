//! STYLE 28: `unsafe` is only allowed with a decision record, and never without a reason.

use super::Finding;
use crate::source::SourceFile;

/// The files that may contain `unsafe`, each with its decision record.
const ALLOWED: [(&str, &str); 15] = [
    ("crates/edm-service/src/serve/mmap.rs", "docs/decisions/0002-memory-mapped-generations.md"),
    ("bench/src/mapped.rs", "docs/decisions/0002-memory-mapped-generations.md"),
    ("crates/edm-engine/src/generation/prefilter/bloom.rs", "docs/decisions/0013-batched-lookup.md"),
    ("crates/edm-engine/src/generation/prefilter/bloom/avx2.rs", "docs/decisions/0013-batched-lookup.md"),
    ("crates/edm-engine/src/generation/prefilter/vocabulary.rs", "docs/decisions/0013-batched-lookup.md"),
    (
        "crates/edm-engine/src/generation/prefilter/vocabulary/avx512.rs",
        "docs/decisions/0013-batched-lookup.md",
    ),
    ("crates/edm-engine/src/prefetch.rs", "docs/decisions/0013-batched-lookup.md"),
    ("crates/edm-hash/src/key/cipher/aes_ni.rs", "docs/decisions/0012-own-paths-through-aes.md"),
    ("crates/edm-hash/src/key/cipher/mod.rs", "docs/decisions/0012-own-paths-through-aes.md"),
    ("crates/edm-hash/src/key/cipher/vaes.rs", "docs/decisions/0012-own-paths-through-aes.md"),
    ("crates/edm-agent/src/source/byte_scan/x86.rs", "docs/decisions/0017-plain-cells-in-wide-registers.md"),
    ("crates/edm-hash/src/simd/x86.rs", "docs/decisions/0017-plain-cells-in-wide-registers.md"),
    ("crates/edm-hash/src/simd/suffix/avx512.rs", "docs/decisions/0015-windows-begin-where-they-may.md"),
    ("crates/edm-hash/src/simd/bits/x86.rs", "docs/decisions/0015-windows-begin-where-they-may.md"),
    ("crates/edm-hash/src/simd/bytes/x86.rs", "docs/decisions/0015-windows-begin-where-they-may.md"),
];

/// Returns a finding for each listed file or decision record that does not exist.
pub(super) fn missing(paths: &[String]) -> Vec<Finding> {
    ALLOWED
        .iter()
        .flat_map(|(file, record)| [file, record])
        .filter(|listed| !paths.iter().any(|path| path == *listed))
        .map(|listed| Finding::new(listed, 1, "tidy lists this for `unsafe`, and it does not exist"))
        .collect()
}

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    let allowed = ALLOWED.iter().any(|(path, _)| *path == file.path);
    file.find("unsafe")
        .filter_map(|offset| {
            let line = file.line_of(offset);
            if !allowed {
                return Some(Finding::new(
                    &file.path,
                    line,
                    "`unsafe` outside the files that tidy lists for it",
                ));
            }
            let reasoned =
                file.text.lines().skip(line.saturating_sub(8)).take(8).any(|l| l.contains("SAFETY:"));
            (!reasoned)
                .then(|| Finding::new(&file.path, line, "`unsafe` without a `// SAFETY:` comment above it"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_without_its_record_is_found() {
        let all: Vec<String> =
            ALLOWED.iter().flat_map(|(file, record)| [file, record]).map(|path| (*path).to_owned()).collect();
        assert_eq!(missing(&all), []);
        for (file, record) in ALLOWED {
            let without = |path: &str| all.iter().filter(|other| *other != path).cloned().collect::<Vec<_>>();
            assert_eq!(missing(&without(file)).len(), 1);
            assert!(!missing(&without(record)).is_empty());
        }
    }

    #[test]
    fn unsafe_is_found() {
        let listed = ALLOWED[0].0;
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(check(&SourceFile::new(path, text)).len(), expected, "{path}: {text}");
        };
        check("crates/edm-engine/src/x.rs", "fn a() { unsafe { b() } }", 1);
        check("crates/edm-engine/src/x.rs", "// SAFETY: none\nfn a() { unsafe { b() } }", 1);
        check(listed, "fn a() { unsafe { b() } }", 1);
        check(listed, "// SAFETY: the file is never changed\nlet x = unsafe { b() };", 0);
        check("crates/edm-engine/src/x.rs", "// unsafe is forbidden\n#![deny(unsafe_code)]", 0);
    }
}
