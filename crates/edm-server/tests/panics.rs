//! The log line of a panic. A separate binary, because the hook is that of the process.

mod world;

use std::io;
use std::panic::catch_unwind;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use world::World;

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

/// A panic's message may quote the data: an index outside a text, an `expect` with its error.
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

/// A panic in a handler is answered in Graph's form, with an id that is also in the log.
#[tokio::test]
async fn a_panic_behind_a_request_is_a_500_whose_id_is_in_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(log.clone()).finish();
    // Without workers, whose reads of the clock would count too.
    let world = World::unready(edm_service::ServiceLimits::default()).await;
    let _logging = tracing::subscriber::set_default(subscriber);
    for (method, path) in [("GET", "/exactMatchDataStores"), ("POST", "/classifyExactMatches")] {
        // The first read of the clock is that of the request's context. The second checks the
        // token, where panics are handled.
        world.clock.fuse.store(2, Ordering::SeqCst);
        let ask = world.at(method, path).header("client-request-id", "mine").json(serde_json::json!({}));
        let broken = ask.send().await;
        assert_eq!((broken.status.as_u16(), broken.code().as_str()), (500, "internalError"), "{path}");
        let id = broken.header("request-id").to_owned();
        let inner = &broken.json()["error"]["innerError"];
        assert_eq!(
            (&inner["request-id"], &inner["client-request-id"]),
            (&id.as_str().into(), &"mine".into())
        );
        assert_eq!((broken.header("client-request-id"), broken.header("odata-version")), ("mine", "4.0"));
        let written =
            String::from_utf8(log.0.lock().expect("no line panics").clone()).expect("a log is text");
        let told =
            |line: &str| line.contains(&id) && line.contains("ERROR") && line.contains("the request failed");
        assert!(written.lines().any(told), "{written}");
        let done = |line: &str| line.contains(&id) && line.contains("http.status=500");
        assert!(written.lines().any(done), "{written}");
        assert!(!written.contains("a clock that a test broke"), "the panic's text is in the log");
    }
    let next = world.at("GET", "/exactMatchDataStores").send().await;
    assert_eq!(next.status, 200, "the server goes on");
}
