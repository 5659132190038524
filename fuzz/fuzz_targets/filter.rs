//! Any `$filter=` and `$orderby=` gives a result or an error. What can be parsed finds the same in
//! SQL as in the naive evaluator.
#![no_main]

use std::cell::OnceCell;

use edm_graph::query::parse_filter;
use edm_testkit::generate::Seeded;
use edm_testkit::lists::{CatalogFixture, KINDS};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Runtime;

/// A catalog of random rows, equal in every run. The system removes its folder some time after the
/// fuzzer.
struct Setup {
    runtime: Runtime,
    fixture: CatalogFixture,
}

impl Setup {
    fn build() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime of one thread");
        let folder = tempfile::tempdir().expect("a temporary folder").keep();
        let fixture = runtime.block_on(CatalogFixture::build(&folder, &mut Seeded::new(1)));
        Self { runtime, fixture: fixture.expect("a catalog of random rows") }
    }
}

thread_local! {
    static SETUP: OnceCell<Setup> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let (filter, order) = text.split_once('\n').unwrap_or((text, ""));
    let kind = KINDS[usize::from(*choice) % KINDS.len()];
    // The parser itself does not limit the length.
    let read = parse_filter(filter, kind.properties());
    SETUP.with(|setup| {
        let Setup { runtime, fixture } = setup.get_or_init(Setup::build);
        // Filters that the parser refuses are sometimes used too, for their order.
        if read.is_ok() || choice % 16 == 0 {
            if let Err(report) =
                runtime.block_on(fixture.agree(kind, filter, order, 2 + u32::from(*choice) / 64))
            {
                panic!("{report}");
            }
        }
    });
});
