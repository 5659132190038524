//! The steps from an empty catalog to the tables of this version, each committed once and never changed.
//!
//! Listed by hand: the macro that reads the folder would compile SQLx's driver, and SQLite in it, a second time for the compiler.

use std::sync::LazyLock;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// A step's name as its file has it, and its text.
const STEPS: [(&str, &str); 8] = [
    ("0001_catalog", include_str!("../../migrations/sqlite/0001_catalog.sql")),
    ("0002_delta_base", include_str!("../../migrations/sqlite/0002_delta_base.sql")),
    ("0003_list_indexes", include_str!("../../migrations/sqlite/0003_list_indexes.sql")),
    ("0004_classification_jobs", include_str!("../../migrations/sqlite/0004_classification_jobs.sql")),
    ("0005_on_unserved", include_str!("../../migrations/sqlite/0005_on_unserved.sql")),
    ("0006_writer_checks", include_str!("../../migrations/sqlite/0006_writer_checks.sql")),
    ("0007_writer_check_room", include_str!("../../migrations/sqlite/0007_writer_check_room.sql")),
    ("0008_placeholders", include_str!("../../migrations/sqlite/0008_placeholders.sql")),
];

pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    Migrator::with_migrations(STEPS.into_iter().map(|(name, sql)| step(name, sql)).collect())
});

fn step(name: &'static str, sql: &'static str) -> Migration {
    let (number, words) = name.split_once('_').expect("a step's name begins with its number");
    let version = number.parse().expect("a step's name begins with its number");
    let sql = AssertSqlSafe(sql).into_sql_str();
    Migration::new(version, words.replace('_', " ").into(), MigrationType::Simple, sql, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_step_and_each_has_its_number() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
        let files = std::fs::read_dir(folder).expect("the folder is committed");
        let mut files: Vec<String> = files
            .map(|file| file.expect("an entry").file_name().into_string().expect("a name in UTF-8"))
            .collect();
        files.sort();
        assert_eq!(files, STEPS.map(|(name, _)| format!("{name}.sql")));
        let versions: Vec<i64> = MIGRATIONS.iter().map(|step| step.version).collect();
        assert_eq!(versions, (1..=STEPS.len() as i64).collect::<Vec<_>>());
    }
}
