//! STYLE 11: a config struct instead of many arguments, and no tuple that hides them.

use super::Finding;
use crate::functions::functions;
use crate::source::SourceFile;

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    let functions = functions(file);
    let tuples = functions.iter().flat_map(|function| &function.tuple_parameters);
    tuples
        .filter(|offset| !file.is_test(**offset))
        .map(|offset| {
            let message = "a parameter is a tuple: give it a struct with names";
            Finding::new(&file.path, file.line_of(*offset), message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_are_found_outside_tests() {
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(check(&SourceFile::new(path, text)).len(), expected, "{path}: {text}");
        };
        check("crates/edm-model/src/x.rs", "fn a((b, c): (u8, u8)) {}", 1);
        check("crates/edm-model/src/x.rs", "#[cfg(test)]\nmod tests { fn a((b, c): (u8, u8)) {} }", 0);
        check("crates/edm-model/tests/x.rs", "fn a((b, c): (u8, u8)) {}", 0);
    }
}
