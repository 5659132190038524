//! Memory and processor of the machine, and memory of the process.

use std::fs;

/// Returns the bytes available without swapping, minus a reserve of 0.1 GB; 0 without Linux's
/// `/proc`.
pub(crate) fn available_bytes() -> u64 {
    field("/proc/meminfo", "MemAvailable:").saturating_sub(100_000_000)
}

/// Returns the peak memory of the process, file mappings included; 0 without Linux's `/proc`.
pub(crate) fn peak_bytes() -> u64 {
    field("/proc/self/status", "VmHWM:")
}

/// Returns the value of a line in kB as bytes.
fn field(file: &str, name: &str) -> u64 {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .map_or(0, |kilobytes| kilobytes * 1024)
}

/// Returns the processor's name as Linux gives it.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned())
}

/// Returns those of the relevant instruction sets that the processor has.
pub(crate) fn instruction_sets() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags")).unwrap_or_default();
    let known: Vec<&str> = flags.split_whitespace().collect();
    let wanted = ["aes", "vaes", "avx2", "avx512f", "avx512bw", "avx512_vbmi2", "gfni"];
    wanted.into_iter().filter(|flag| known.contains(flag)).collect::<Vec<_>>().join(" ")
}

/// Returns the memory of the machine in bytes.
pub(crate) fn total_bytes() -> u64 {
    field("/proc/meminfo", "MemTotal:")
}
