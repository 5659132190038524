//! The machine around the program: randomness, time and the user's folders. Read here and handed down.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use edm_hash::{Level, LevelError};
use edm_model::Timestamp;

/// Returns what the machine's wall clock shows.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Fills the bytes with the operating system's randomness.
pub(crate) fn fill_random(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes).context("the operating system gives no randomness")
}

/// Returns how many threads this machine can run at once.
pub(crate) fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Takes the way through AES that the environment prefers (`EDM_PROCESSOR`); an empty one is none.
///
/// # Errors
/// The name is of no way, or the machine lacks its instructions.
pub(crate) fn prefer_processor() -> anyhow::Result<()> {
    match std::env::var_os("EDM_PROCESSOR").filter(|name| !name.is_empty()) {
        Some(name) => {
            prefer_named_processor(&name.to_string_lossy()).context("EDM_PROCESSOR cannot be followed")
        }
        None => Ok(()),
    }
}

fn prefer_named_processor(name: &str) -> Result<(), LevelError> {
    name.parse::<Level>()?.prefer();
    Ok(())
}

/// Returns the bearer token of the environment; an empty one is none.
#[cfg(feature = "agent")]
pub(crate) fn token_of_environment() -> Option<String> {
    std::env::var("EDM_TOKEN").ok().filter(|token| !token.trim().is_empty())
}

/// Returns what of the log the environment asks for; an empty one is none.
#[cfg(feature = "server")]
pub(crate) fn log_filter_of_environment() -> Option<String> {
    let filter = std::env::var_os("EDM_LOG").map(|filter| filter.to_string_lossy().into_owned());
    filter.filter(|filter| !filter.trim().is_empty())
}

/// The variable of the environment that may hold the master key itself.
#[cfg(feature = "server")]
pub(crate) const KEY_VARIABLE: &str = "EDM_MASTER_KEY";
/// The name under which systemd may hand the master key over (`LoadCredential=edm-master-key:…`).
#[cfg(feature = "server")]
pub(crate) const KEY_CREDENTIAL: &str = "edm-master-key";

/// Returns the master key's text of the environment; an empty one is none. Never print it.
#[cfg(feature = "server")]
pub(crate) fn master_key_of_environment() -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let text = std::env::var_os(KEY_VARIABLE).map(|text| zeroize::Zeroizing::new(text.into_encoded_bytes()));
    text.filter(|text| !text.trim_ascii().is_empty())
}

/// Returns the file of a credential that systemd handed to this service, where it did.
#[cfg(feature = "server")]
pub(crate) fn credential(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty())?;
    let path = PathBuf::from(folder).join(name);
    // One that is there and cannot be looked at is one: reading it says why it cannot be used.
    path.try_exists().unwrap_or(true).then_some(path)
}

/// Returns the path of a folder that does not exist yet, where the system keeps what is gone tomorrow.
#[cfg(feature = "agent")]
pub(crate) fn temporary_folder(name: &str) -> anyhow::Result<PathBuf> {
    let mut random = [0; 16];
    fill_random(&mut random)?;
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(std::env::temp_dir().join(format!("{name}-{random}")))
}

/// Returns the folder in which a program keeps what it must remember between runs.
pub(crate) fn state_folder() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")))
    };
    base.unwrap_or_else(std::env::temp_dir).join("edm")
}

/// Keeps the memory of this process, which holds texts and keys, out of core dumps, and on Linux from every other process of
/// the same user as well.
///
/// # Errors
/// The system refuses it.
#[cfg(unix)]
pub(crate) fn forbid_core_dumps() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // The limit alone does not bind a system that hands dumps to a program, such as systemd-coredump.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn forbid_core_dumps() -> std::io::Result<()> {
    Ok(())
}

/// Makes every file and folder that this process creates from now on readable by its owner alone.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn keep_new_files_private() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Other systems have no such mask: a new file has the rights of its folder.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn keep_new_files_private() {}

/// Returns how many bytes a user may still write where the folder is.
///
/// # Errors
/// The system does not say.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn free_bytes(folder: &std::path::Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Other systems are not asked.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn free_bytes(_: &std::path::Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Returns how many files a process of this user may open at most.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn descriptors_max() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Other systems have no such bound.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn descriptors_max() -> u64 {
    u64::MAX
}

/// Returns whether a crash of this process would leave no memory on the disk.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn core_dumps_are_forbidden() -> bool {
    use rustix::process::{Resource, getrlimit};
    #[cfg(target_os = "linux")]
    if rustix::process::dumpable_behavior().ok() == Some(rustix::process::DumpableBehavior::NotDumpable) {
        return true;
    }
    getrlimit(Resource::Core).current == Some(0)
}

/// Other systems have no such limit.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn core_dumps_are_forbidden() -> bool {
    true
}

/// Lets this process open as many files as the system allows it at most, and returns how many that are. Every connection is one.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn raise_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Without a bound there is no need to name one.
    let Some(now) = current else { return u64::MAX };
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(_) => now,
    }
}

/// Other systems have no such bound.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn raise_descriptors() -> u64 {
    u64::MAX
}

#[cfg(feature = "server")]
mod service {
    use std::sync::Arc;
    use std::time::Duration;

    use edm_model::Timestamp;
    use edm_service::{Clock, Random};

    use super::elapsed::Elapsed;
    use super::now;

    /// The wall clock of the start, and what has passed since: whoever sets the machine's clock moves nothing here.
    struct EvenClock {
        started: Timestamp,
        since: Elapsed,
    }

    impl Clock for EvenClock {
        fn now(&self) -> Timestamp {
            plus(self.started, self.since.elapsed())
        }

        fn wall(&self) -> Timestamp {
            now()
        }
    }

    fn plus(moment: Timestamp, passed: Duration) -> Timestamp {
        let micros = i64::try_from(passed.as_micros()).unwrap_or(i64::MAX);
        Timestamp::from_micros(moment.as_micros().saturating_add(micros))
    }

    /// Returns a clock that begins with the machine's and then runs evenly.
    pub(crate) fn clock() -> Arc<dyn Clock> {
        Arc::new(EvenClock { started: now(), since: Elapsed::start() })
    }

    /// Returns the machine's randomness.
    pub(crate) fn random() -> Arc<dyn Random> {
        Arc::new(|bytes: &mut [u8]| {
            getrandom::fill(bytes).expect("without randomness no key, token or id could be made");
        })
    }
}

/// What has passed since a moment, the machine's sleep included, which the monotonic clock of Linux leaves out.
#[cfg(all(target_os = "linux", feature = "server"))]
mod elapsed {
    use std::time::Duration;

    use rustix::time::{ClockId, Timespec, clock_gettime};

    pub(super) struct Elapsed(Timespec);

    impl Elapsed {
        pub(super) fn start() -> Self {
            Self(clock_gettime(ClockId::Boottime))
        }

        pub(super) fn elapsed(&self) -> Duration {
            let passed = clock_gettime(ClockId::Boottime) - self.0;
            Duration::try_from(passed).expect("the clock since the machine's start never goes back")
        }
    }
}

/// What has passed since a moment. Where the system stops this clock while the machine sleeps, the sleep is not counted.
#[cfg(all(not(target_os = "linux"), feature = "server"))]
mod elapsed {
    use std::time::{Duration, Instant};

    pub(super) struct Elapsed(Instant);

    impl Elapsed {
        pub(super) fn start() -> Self {
            Self(Instant::now())
        }

        pub(super) fn elapsed(&self) -> Duration {
            self.0.elapsed()
        }
    }
}

#[cfg(feature = "server")]
pub(crate) use service::{clock, random};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn a_process_keeps_its_memory_to_itself() {
        super::forbid_core_dumps().expect("the system lets it");
        assert_eq!(dumpable_behavior().expect("can be asked"), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    }
}
