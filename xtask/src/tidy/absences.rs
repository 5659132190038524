//! Names that a crate must not use: the invariants of ARCHITECTURE.md that are absences in the
//! source.

use super::Finding;
use crate::source::SourceFile;

/// Words that the crates must not use outside tests, and the reason.
struct Absence {
    crates: &'static [&'static str],
    words: &'static [&'static str],
    why: &'static str,
}

const PURE: &[&str] = &["edm-model", "edm-hash", "edm-block", "edm-engine", "edm-extract", "edm-graph"];
const LIBRARIES: &[&str] = &[
    "edm-model",
    "edm-hash",
    "edm-block",
    "edm-engine",
    "edm-extract",
    "edm-graph",
    "edm-store",
    "edm-service",
    "edm-server",
    "edm-agent",
    "edm-log",
];

const ABSENCES: [Absence; 5] = [
    Absence {
        crates: PURE,
        words: &[
            "std::fs",
            "std::net",
            "std::thread",
            "std::process",
            "File::open",
            "Instant",
            "tokio",
            "reqwest",
        ],
        why: "this crate is pure: no I/O, clock or thread",
    },
    Absence {
        crates: LIBRARIES,
        words: &[
            "SystemTime::now",
            "now_utc",
            "now_local",
            "env::var",
            "env::vars",
            "getrandom",
            "thread_rng",
        ],
        why: "clock, environment and randomness enter in main and are handed down",
    },
    Absence {
        crates: LIBRARIES,
        words: &["println!", "eprintln!", "print!", "eprint!"],
        why: "a library reports through its return value or tracing",
    },
    Absence {
        crates: &["edm-service", "edm-store"],
        words: &["StatusCode", "hyper", "http::"],
        why: "only edm-server knows HTTP",
    },
    Absence {
        crates: &["edm-store"],
        words: &["edm_block", "edm_engine", "edm_hash"],
        why: "edm-store never parses a block or a generation",
    },
];

pub(super) fn check(file: &SourceFile) -> Vec<Finding> {
    // Only a crate's `src` is checked; a generator next to it is a separate program.
    let within = |absence: &&Absence| {
        absence.crates.iter().any(|name| file.path.starts_with(&format!("crates/{name}/src/")))
    };
    let mut findings = Vec::new();
    for absence in ABSENCES.iter().filter(within) {
        for words in absence.words {
            for offset in file.find(words).filter(|offset| !file.is_test(*offset)) {
                let message = format!("`{words}`: {}", absence.why);
                findings.push(Finding::new(&file.path, file.line_of(offset), message));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_must_be_absent_is_found() {
        let check = |path: &str, text: &str, expected: usize| {
            assert_eq!(check(&SourceFile::new(path, text)).len(), expected, "{path}: {text}");
        };
        check("crates/edm-engine/src/scan.rs", "use std::fs;", 1);
        check("crates/edm-engine/src/scan.rs", "let t = std::time::Instant::now();", 1);
        check("crates/edm-service/src/clock.rs", "let t = SystemTime::now();", 1);
        check("crates/edm-service/src/stores.rs", "fn f() -> StatusCode {}", 1);
        check("crates/edm-agent/src/upload.rs", "eprintln!(\"{}\", x);", 1);
        check("crates/edm/src/main.rs", "let t = SystemTime::now(); println!();", 0);
        check("crates/edm-engine/src/scan.rs", "#[cfg(test)]\nmod tests { use std::fs; }", 0);
        check("crates/edm-engine/tests/scan.rs", "use std::fs;", 0);
        check("crates/edm-engine/src/scan.rs", "// no std::fs here\nlet instant_now = 1;", 0);
    }
}
