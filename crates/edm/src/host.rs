//! The host: randomness, time, environment and folders. Read here only and passed on as arguments.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use edm_hash::{Level, LevelError};
use edm_model::Timestamp;

/// Returns the time of the machine's wall clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Fills the bytes from the operating system's random generator.
#[cfg(feature = "agent")]
pub(crate) fn fill_random(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes).context("the operating system gives no randomness")
}

/// Returns the number of threads that this machine can run in parallel.
#[cfg(feature = "agent")]
pub(crate) fn core_count() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Selects the AES implementation that the environment names (`EDM_PROCESSOR`); an empty value
/// means none.
///
/// # Errors
/// The name is unknown, or the machine lacks the instructions.
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

/// Returns the bearer token from the environment; an empty value means none.
#[cfg(feature = "agent")]
pub(crate) fn token_of_environment() -> Option<String> {
    std::env::var("EDM_TOKEN").ok().filter(|token| !token.trim().is_empty())
}

/// Returns the log filter from the environment; an empty value means none.
#[cfg(feature = "server")]
pub(crate) fn log_filter_of_environment() -> Option<String> {
    let filter = std::env::var_os("EDM_LOG").map(|filter| filter.to_string_lossy().into_owned());
    filter.filter(|filter| !filter.trim().is_empty())
}

/// The environment variable that may contain the master key.
#[cfg(feature = "server")]
pub(crate) const KEY_VARIABLE: &str = "EDM_MASTER_KEY";
/// The name of the systemd credential with the master key (`LoadCredential=edm-master-key:…`).
#[cfg(feature = "server")]
pub(crate) const KEY_CREDENTIAL: &str = "edm-master-key";

/// Returns the text of the master key from the environment; an empty value means none. Never print
/// it.
#[cfg(feature = "server")]
pub(crate) fn master_key_of_environment() -> Option<zeroize::Zeroizing<Vec<u8>>> {
    let text = std::env::var_os(KEY_VARIABLE).map(|text| zeroize::Zeroizing::new(text.into_encoded_bytes()));
    text.filter(|text| !text.trim_ascii().is_empty())
}

/// Returns the file of a systemd credential of this service, if there is one.
#[cfg(feature = "server")]
pub(crate) fn credential(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty())?;
    let path = PathBuf::from(folder).join(name);
    // A file that cannot be examined counts as present. Reading it reports the reason.
    path.try_exists().unwrap_or(true).then_some(path)
}

/// Returns the path of a new folder in the system's temporary directory. It does not exist yet.
#[cfg(feature = "agent")]
pub(crate) fn temporary_folder(name: &str) -> anyhow::Result<PathBuf> {
    let mut random = [0; 16];
    fill_random(&mut random)?;
    let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(std::env::temp_dir().join(format!("{name}-{random}")))
}

/// Returns the folder for a program's persistent state.
#[cfg(feature = "agent")]
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

/// Keeps the memory of this process, which contains texts and keys, out of core dumps. On Linux
/// also denies access to every other process of the same user.
///
/// # Errors
/// The system refuses it.
#[cfg(unix)]
pub(crate) fn forbid_core_dumps() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // The limit does not apply when the system passes dumps to a program, such as systemd-coredump.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// Other systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn forbid_core_dumps() -> std::io::Result<()> {
    Ok(())
}

/// Makes every file and folder that this process creates from now on accessible to its owner only.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn keep_new_files_private() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Other systems have no umask: a new file has the permissions of its folder.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn keep_new_files_private() {}

/// Returns how many bytes a user may still write to the file system of the folder.
///
/// # Errors
/// The system does not report it.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn free_bytes(folder: &std::path::Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Not available on other systems.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn free_bytes(_: &std::path::Path) -> std::io::Result<u64> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// Returns the maximum number of open files that this user's processes may have.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn descriptors_max() -> u64 {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum.unwrap_or(u64::MAX)
}

/// Other systems have no such limit.
#[cfg(all(not(unix), feature = "server"))]
pub(crate) fn descriptors_max() -> u64 {
    u64::MAX
}

/// Returns whether core dumps of this process are disabled.
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

/// Raises the limit of open files to the maximum. Returns the new limit. Every connection needs
/// one.
#[cfg(all(unix, feature = "server"))]
pub(crate) fn raise_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Without a limit, there is nothing to raise.
    let Some(now) = current else { return u64::MAX };
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum.unwrap_or(u64::MAX),
        Err(_) => now,
    }
}

/// Other systems have no such limit.
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

    /// The wall clock at start-up plus the elapsed time. Setting the machine's clock has no effect
    /// on it.
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

    /// Returns a clock that starts at the machine's time and then runs monotonically.
    pub(crate) fn clock() -> Arc<dyn Clock> {
        Arc::new(EvenClock { started: now(), since: Elapsed::start() })
    }

    /// Returns the machine's random generator.
    pub(crate) fn random() -> Arc<dyn Random> {
        Arc::new(|bytes: &mut [u8]| {
            getrandom::fill(bytes).expect("without randomness no key, token or id could be made");
        })
    }
}

/// Elapsed time that includes sleep of the machine, which Linux's monotonic clock excludes.
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

/// Elapsed time. If the system stops this clock during sleep, the sleep does not count.
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
