//! What a panic leaves in the log. A binary of its own: the hook is the process's.

use std::io;
use std::panic::catch_unwind;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no line panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

/// A panic's text quotes what the program worked on: an index out of a text, an `expect` with its error.
#[test]
fn a_panic_is_logged_with_its_place_and_without_its_text() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    edm_server::log_panics_without_text();
    tracing::subscriber::with_default(subscriber, || {
        let scanned = String::from("900-12-3456 of Langer");
        let panics: [Box<dyn Fn() + std::panic::UnwindSafe + std::panic::RefUnwindSafe>; 3] = [
            Box::new(|| panic!("900-12-3456")),
            Box::new({
                let scanned = scanned.clone();
                move || panic!("cannot read {scanned}")
            }),
            Box::new(move || scanned.parse::<u32>().map_err(|_| scanned.clone()).map(|_| ()).unwrap()),
        ];
        for panic in panics {
            assert!(catch_unwind(panic).is_err());
        }
    });
    let written = String::from_utf8(log.0.lock().expect("no line panics").clone()).expect("a log is text");
    assert_eq!(written.matches("tests/panics.rs:").count(), 3, "{written}");
    for secret in ["900-12-3456", "Langer"] {
        assert!(!written.contains(secret), "{written}");
    }
}
