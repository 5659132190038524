//! The migrations from an empty catalog to the tables of this version. Each is committed once and
//! never changed.
//!
//! They are listed by hand. SQLx's macro that reads the folder would compile its driver and SQLite
//! a second time, for the build itself.

use std::sync::LazyLock;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, SqlSafeStr};

/// The name of each step's file, and its SQL.
const STEPS: [(&str, &str); 10] = [
    ("0001_catalog", include_str!("../../migrations/sqlite/0001_catalog.sql")),
    ("0002_delta_base", include_str!("../../migrations/sqlite/0002_delta_base.sql")),
    ("0003_list_indexes", include_str!("../../migrations/sqlite/0003_list_indexes.sql")),
    ("0004_classification_jobs", include_str!("../../migrations/sqlite/0004_classification_jobs.sql")),
    ("0005_on_unserved", include_str!("../../migrations/sqlite/0005_on_unserved.sql")),
    ("0006_writer_checks", include_str!("../../migrations/sqlite/0006_writer_checks.sql")),
    ("0007_writer_check_room", include_str!("../../migrations/sqlite/0007_writer_check_room.sql")),
    ("0008_placeholders", include_str!("../../migrations/sqlite/0008_placeholders.sql")),
    ("0009_generation_terms", include_str!("../../migrations/sqlite/0009_generation_terms.sql")),
    ("0010_sealed_generations", include_str!("../../migrations/sqlite/0010_sealed_generations.sql")),
];

/// The step with which the formats of blocks and generations began anew. What older tables name
/// cannot be read.
pub(super) const FORMATS_BEGIN: i64 = 10;

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
    use super::super::{Catalog, Schema, get, test_options};
    use super::*;

    /// A generation of an older version gets the columns of its session, or those of its store if
    /// the session is gone.
    #[tokio::test]
    async fn generations_of_older_versions_get_what_they_were_made_with() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("catalog.db");
        let catalog = Catalog::open(&path, test_options()).await.expect("the catalog opens");
        let older =
            Migrator::with_migrations(STEPS.into_iter().take(8).map(|(name, sql)| step(name, sql)).collect());
        catalog.writer.migrate(&older).await.expect("the tables of version 8 are made");
        for statement in [
            "insert into salts (key_id, tenant_id, sealed, own, created_at) values (x'00', x'01', x'00', 0, 0)",
            "insert into data_stores (id, tenant_id, name, name_folded, columns, tokens_max, created_at, updated_at, \
             placeholders) values (x'02', x'01', 'a', 'a', '[]', 9, 0, 0, '[\"leer\"]')",
            "insert into sessions (id, tenant_id, store_id, state, update_mode, columns, tokens_max, key_id, \
             created_by, fields, allow_shrink, created_at, updated_at, last_activity_at, upload_expires_at) \
             values (x'03', x'01', x'02', 'Completed', 'replace', '[\"of the session\"]', 64, x'00', 'x', '[]', 0, 0, 0, 0, 0)",
            "insert into generations (session_id, tenant_id, store_id, number, commit_number, key_id, row_count, \
             published_at) values (x'03', x'01', x'02', 1, 1, x'00', 7, 0), (x'04', x'01', x'02', 2, 2, x'00', 7, 0)",
        ] {
            sqlx::query(statement).execute(&catalog.writer).await.expect("written");
        }
        let schema = catalog.schema().await.expect("told");
        assert_eq!(schema, Schema::Unreadable, "what such tables name is not read");
        catalog.migrate().await.expect("the tables are brought to this version");
        let rows = sqlx::query("select columns, tokens_max, placeholders from generations order by number");
        let rows = rows.fetch_all(&catalog.reader).await.expect("read");
        let found = rows.iter().map(|row| {
            let columns: String = get(row, "columns").expect("text");
            let tokens_max: i64 = get(row, "tokens_max").expect("a number");
            (columns, tokens_max, get::<Option<String>>(row, "placeholders").expect("text"))
        });
        let expected = [("[\"of the session\"]", 64), ("[]", 9)]
            .map(|(columns, tokens_max)| (columns.to_owned(), tokens_max, Some("[\"leer\"]".to_owned())));
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

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
