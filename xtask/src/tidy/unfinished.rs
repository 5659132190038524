//! STYLE 37: nothing unfinished, no disabled tests, and no sleeping.

use super::Finding;
use crate::source::SourceFile;

const EVERYWHERE: [(&str, &str); 5] = [
    ("todo!", "finish it or leave it out"),
    ("unimplemented!", "finish it or leave it out"),
    ("#[ignore", "a test that does not run protects nothing"),
    ("should_panic", "say in the test what is refused, and how"),
    ("dbg!", "use tracing"),
];
const IN_TESTS: [(&str, &str); 2] = [
    ("sleep(", "a test waits for what it needs, not for time to pass"),
    ("sleep_until(", "a test waits for what it needs, not for time to pass"),
];

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    let everywhere =
        EVERYWHERE.iter().flat_map(|(words, why)| file.find(words).map(move |offset| (offset, words, why)));
    let in_tests = IN_TESTS.iter().flat_map(|(words, why)| {
        file.find(words).filter(|offset| file.is_test(*offset)).map(move |offset| (offset, words, why))
    });
    everywhere
        .chain(in_tests)
        .map(|(offset, words, why)| {
            Finding::new(&file.path, file.line_of(offset), format!("`{words}`: {why}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_and_waiting_code_is_found() {
        let check = |text: &str, expected: usize| {
            let found = check(&SourceFile::new("crates/edm-model/src/x.rs", text));
            assert_eq!(found.len(), expected, "{text}: {found:?}");
        };
        check("fn a() { todo!() }", 1);
        check("fn a() { unimplemented!(\"later\") }", 1);
        check("#[test]\n#[ignore = \"slow\"]\nfn a() {}", 1);
        check("#[test]\n#[should_panic(expected = \"x\")]\nfn a() {}", 1);
        check("#[cfg(test)]\nmod tests {\n  fn a() { std::thread::sleep(x); }\n}", 1);
        check("fn a() { tokio::time::sleep(x); }", 0);
        check("// todo!() is forbidden\nfn a() { f(\"todo!\") }", 0);
    }
}
