//! Reads from a program what it needs of the system.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, bail};
use elf::abi::{DT_NEEDED, EM_AARCH64, EM_X86_64, PT_INTERP, SHT_GNU_VERNEED};
use elf::endian::AnyEndian;
use elf::gnu_symver::VerNeedIterator;
use elf::{ElfBytes, ParseError};

/// The dependencies in an ELF file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The dynamic loader, such as `/lib64/ld-linux-x86-64.so.2`; `None` for libraries.
    pub(super) loader: Option<String>,
    /// Libraries by file name.
    pub(super) libraries: BTreeSet<String>,
    /// For each library, the versions of the symbols that are used.
    pub(super) versions: BTreeMap<String, BTreeSet<String>>,
}

impl Needs {
    /// Reads an ELF file. Fails on anything else.
    pub(super) fn read(bytes: &[u8]) -> anyhow::Result<Self> {
        Self::parse(bytes).context("the program is not readable as ELF")
    }

    fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let file = ElfBytes::<AnyEndian>::minimal_parse(bytes)?;
        let mut needs = Self::default();
        for segment in file.segments().into_iter().flatten().filter(|segment| segment.p_type == PT_INTERP) {
            let name = String::from_utf8_lossy(file.segment_data(&segment)?).into_owned();
            needs.loader = Some(name.trim_end_matches('\0').to_owned());
        }
        if let (Some(dynamic), Some((_, names))) = (file.dynamic()?, file.dynamic_symbol_table()?) {
            for needed in dynamic.iter().filter(|entry| entry.d_tag == DT_NEEDED) {
                needs.libraries.insert(names.get(needed.d_val() as usize)?.to_owned());
            }
        }
        let sections = file.section_headers();
        let Some(needed) = sections.and_then(|all| all.iter().find(|one| one.sh_type == SHT_GNU_VERNEED))
        else {
            return Ok(needs);
        };
        let names = sections.map(|all| all.get(needed.sh_link as usize)).transpose()?;
        let Some(names) = names.map(|section| file.section_data_as_strtab(&section)).transpose()? else {
            return Ok(needs);
        };
        let (data, _) = file.section_data(&needed)?;
        let (endian, class) = (file.ehdr.endianness, file.ehdr.class);
        for (library, versions) in VerNeedIterator::new(endian, class, u64::from(needed.sh_info), 0, data) {
            let named = needs.versions.entry(names.get(library.vn_file as usize)?.to_owned()).or_default();
            for version in versions {
                named.insert(names.get(version.vna_name as usize)?.to_owned());
            }
        }
        Ok(needs)
    }
}

/// Returns whether an ELF file is for an architecture, given by Rust's name.
pub(super) fn is_for(bytes: &[u8], machine: &str) -> bool {
    let wanted = match machine {
        "x86_64" => EM_X86_64,
        "aarch64" => EM_AARCH64,
        _ => return false,
    };
    ElfBytes::<AnyEndian>::minimal_parse(bytes).is_ok_and(|file| file.ehdr.e_machine == wanted)
}

/// Returns Debian's packages of the libraries, each with the lowest version that has all used
/// symbols.
pub(super) fn debian_depends(needs: &Needs) -> anyhow::Result<Vec<String>> {
    let mut least: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for library in &needs.libraries {
        least.entry(package_of(library)?).or_default();
    }
    for (library, versions) in &needs.versions {
        let known = least.entry(package_of(library)?).or_default();
        for version in versions {
            *known = std::mem::take(known).max(numbers(version)?);
        }
    }
    let written = least.into_iter().map(|(package, numbers)| {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        match numbers.is_empty() {
            true => package.to_owned(),
            false => format!("{package} (>= {})", numbers.join(".")),
        }
    });
    Ok(written.collect())
}

fn package_of(library: &str) -> anyhow::Result<&'static str> {
    match library {
        "libc.so.6" | "libm.so.6" | "libdl.so.2" | "libpthread.so.0" | "librt.so.1" => Ok("libc6"),
        "libgcc_s.so.1" => Ok("libgcc-s1"),
        loader if loader.starts_with("ld-linux") => Ok("libc6"),
        other => bail!("the program needs {other}: name its Debian package in xtask/src/dist/elf.rs"),
    }
}

/// Parses `GLIBC_2.34` or `GCC_4.2.0`.
fn numbers(version: &str) -> anyhow::Result<Vec<u32>> {
    // Relocations in a format that glibc supports from 2.36 on.
    if version == "GLIBC_ABI_DT_RELR" {
        return Ok(vec![2, 36]);
    }
    let parts = version.split_once('_').map(|(_, numbers)| numbers.split('.').map(str::parse));
    let numbers: Option<Vec<u32>> = parts.and_then(|parts| parts.collect::<Result<_, _>>().ok());
    let mut numbers = numbers.with_context(|| format!("{version} is no version of a library's symbols"))?;
    // GCC 4.2.0 was released as 4.2.
    if let [_, _, 0] = numbers.as_slice() {
        numbers.pop();
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn needs(versions: &[(&str, &[&str])]) -> Needs {
        let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        Needs {
            loader: None,
            libraries: versions.iter().map(|(library, _)| (*library).to_owned()).collect(),
            versions: versions.iter().map(|(library, names)| ((*library).to_owned(), own(names))).collect(),
        }
    }

    #[test]
    fn depends_are_the_newest_symbols_that_are_used() {
        let check = |versions: &[(&str, &[&str])], expected: &[&str]| {
            assert_eq!(debian_depends(&needs(versions)).expect("known libraries"), expected, "{versions:?}");
        };
        check(&[("libc.so.6", &["GLIBC_2.4", "GLIBC_2.34", "GLIBC_2.2.5"])], &["libc6 (>= 2.34)"]);
        check(
            &[
                ("libm.so.6", &["GLIBC_2.35"]),
                ("libc.so.6", &["GLIBC_2.34"]),
                ("libgcc_s.so.1", &["GCC_3.0", "GCC_4.2.0"]),
            ],
            &["libc6 (>= 2.35)", "libgcc-s1 (>= 4.2)"],
        );
        check(&[("libc.so.6", &["GLIBC_2.34", "GLIBC_ABI_DT_RELR"])], &["libc6 (>= 2.36)"]);
        check(&[("libc.so.6", &[])], &["libc6"]);
        assert!(debian_depends(&needs(&[("libz.so.1", &["ZLIB_1.2"])])).is_err());
        assert!(debian_depends(&needs(&[("libc.so.6", &["GLIBC_PRIVATE"])])).is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_names_its_libraries_and_their_versions() {
        let this = std::fs::read(std::env::current_exe().expect("a program")).expect("it reads");
        let found = Needs::read(&this).expect("it is ELF");
        assert!(is_for(&this, std::env::consts::ARCH));
        assert!(!is_for(&this, "s390x") && !is_for(b"#!/bin/sh\n", "x86_64"));
        if cfg!(target_env = "gnu") {
            assert!(found.libraries.contains("libc.so.6"), "{found:?}");
            assert!(
                found.versions["libc.so.6"].iter().any(|version| version.starts_with("GLIBC_2.")),
                "{found:?}"
            );
            assert!(found.loader.is_some_and(|loader| loader.contains("/ld-linux")));
        }
        assert!(Needs::read(b"#!/bin/sh\n").is_err());
        assert!(Needs::read(&this[..200]).is_err());
    }
}
