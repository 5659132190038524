//! The engine through its public interface, one module a subject.

mod costs;
mod explain;
mod files;
mod limits;
mod mail_addresses;
mod matching;
mod names;
mod phones_and_addresses;
mod scanner;
mod scripts;
mod support;
mod tables;
mod types;
mod urls_and_forms;
