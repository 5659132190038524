//! Lists: compiles a `ListQuery` to one SQL statement. A page then costs what is on it, not what is
//! in the table.
//!
//! To add a kind of row: write its table (`lists/tables.rs`: selected columns, source tables,
//! properties). Call `page` with the scope of the list. Add an index on scope, creation time and
//! id. If the row has texts that people write, store `lowered` with them.

mod cursor;
mod dialect;
mod sql;
mod table;
pub(super) mod tables;

use edm_model::{Cursor, ListQuery, Listed};
use sqlx::sqlite::SqliteRow;

use self::dialect::Statement;
use self::sql::Compiler;
use self::table::Table;
use super::connection::{ListReader, Lists};
use super::id16;
use crate::error::{Context, Error};

/// The longest statement that is kept prepared, in bytes. A page statement takes about 1,000
/// without its filter.
const KEPT_BYTES_MAX: usize = 4_096;

/// Columns that every row of a list must match, such as the tenant's id.
pub(super) type Scope<'a> = &'a [(&'static str, &'a [u8; 16])];

/// Returns one page of a list.
///
/// # Errors
/// `UnknownProperty` on a name that the table lacks, `QueryTooSlow` if the statements exceed the
/// time limit, and `Busy` if too many lists are being read.
pub(super) async fn page<T>(
    lists: &Lists,
    table: &'static Table,
    scope: Scope<'_>,
    query: &ListQuery,
    read: impl FnMut(&SqliteRow) -> Result<T, Error>,
) -> Result<Listed<T>, Error> {
    let mut reader = lists.reader().await?;
    let total = if query.with_total { Some(count(&mut reader, table, scope, query).await?) } else { None };
    // A client that only wants the count.
    if query.top == Some(0) {
        return Ok(Listed { items: Vec::new(), total, next: None });
    }
    let mut statement = select(table, scope, query)?;
    let kept = is_kept(&statement);
    let rows = statement.build().persistent(kept).fetch_all(&mut reader).await;
    let mut rows = rows.context("listing")?;
    let wanted = query.top.map_or(usize::MAX, |top| usize::try_from(top).unwrap_or(usize::MAX));
    // The statement asks for one row more than the page, which tells whether there is a next page
    // without a count.
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    let next = match rows.last().filter(|_| more) {
        Some(last) => Some(place_of(last, table, query)?),
        None => None,
    };
    Ok(Listed { items: rows.iter().map(read).collect::<Result<_, _>>()?, total, next })
}

async fn count(
    reader: &mut ListReader,
    table: &'static Table,
    scope: Scope<'_>,
    query: &ListQuery,
) -> Result<u64, Error> {
    let mut statement = counting(table, scope, query)?;
    let kept = is_kept(&statement);
    let row = statement.build().persistent(kept).fetch_one(reader).await;
    super::number(&row.context("counting")?, "found")
}

/// Returns whether a connection keeps the statement prepared. Clients repeat short filters with
/// other values, which are bound. Long filters are diverse and rarely repeat, and would evict the
/// others from the cache.
fn is_kept(statement: &Statement) -> bool {
    statement.sql().as_str().len() <= KEPT_BYTES_MAX
}

fn counting(table: &'static Table, scope: Scope<'_>, query: &ListQuery) -> Result<Statement, Error> {
    let mut statement = Statement::new("select count(*) as found from ");
    statement.push(table.from);
    filter(&mut statement, table, scope, query)?;
    Ok(statement)
}

/// Writes the statement of a page. It selects one extra row, to learn whether there is another
/// page.
fn select(table: &'static Table, scope: Scope<'_>, query: &ListQuery) -> Result<Statement, Error> {
    let keys = cursor::keys(table, &query.order)?;
    let mut statement = Statement::new("select ");
    for (number, key) in keys.iter().enumerate() {
        statement.push(key.property.sql).push(" as ").push(cursor::name(number)).push(", ");
    }
    statement.push(table.id).push(" as list_id, ").push(table.columns).push(" from ").push(table.from);
    filter(&mut statement, table, scope, query)?;
    if let Some(after) = &query.after {
        statement.push(" and ");
        cursor::behind(&mut statement, table, &keys, after)?;
    }
    cursor::order(&mut statement, table, &keys);
    if let Some(top) = query.top {
        statement.push(" limit ").push_bind(i64::from(top).saturating_add(1));
    } else {
        statement.push(" limit ").push_bind(i64::MAX);
    }
    if query.skip > 0 {
        // An offset beyond the maximum selects nothing, as any larger one would.
        statement.push(" offset ").push_bind(i64::try_from(query.skip).unwrap_or(i64::MAX));
    }
    Ok(statement)
}

fn filter(
    statement: &mut Statement,
    table: &'static Table,
    scope: Scope<'_>,
    query: &ListQuery,
) -> Result<(), Error> {
    for (number, (column, id)) in scope.iter().enumerate() {
        statement.push(if number == 0 { " where " } else { " and " });
        statement.push(column).push(" = ").push_bind(id.to_vec());
    }
    if let Some(condition) = &query.condition {
        statement.push(" and ");
        Compiler::new(statement, table).condition(condition)?;
    }
    Ok(())
}

fn place_of(row: &SqliteRow, table: &'static Table, query: &ListQuery) -> Result<Cursor, Error> {
    let mut keys = Vec::new();
    for (number, key) in cursor::keys(table, &query.order)?.iter().enumerate() {
        keys.push(key.property.form.read(row, cursor::name(number))?);
    }
    Ok(Cursor { keys, id: id16(row, "list_id")? })
}

#[cfg(test)]
mod tests {
    use edm_model::{
        Comparison, Condition, Cursor, Direction, Literal, Operand, OrderKey, TextTest, Timestamp,
    };
    use sqlx::{AssertSqlSafe, Row};

    use super::super::{Catalog, test_options};
    use super::*;

    const SESSIONS: i64 = 100_000;
    const STORE: [u8; 16] = [2; 16];

    /// Returns a catalog with 100,000 sessions in one store and a few in another.
    async fn furnished(folder: &std::path::Path) -> Catalog {
        let catalog =
            Catalog::open(&folder.join("catalog.db"), test_options()).await.expect("the catalog opens");
        catalog.migrate().await.expect("the tables are made");
        for statement in [
            "insert into salts (key_id, tenant_id, sealed, own, created_at) \
             values (zeroblob(16), x'01010101010101010101010101010101', x'00', 0, 0)",
            "insert into data_stores (id, tenant_id, name, name_folded, columns, tokens_max, created_at, updated_at) \
             values (x'02020202020202020202020202020202', x'01010101010101010101010101010101', 'a', 'a', '[]', 1, 0, 0), \
             (x'03030303030303030303030303030303', x'01010101010101010101010101010101', 'b', 'b', '[]', 1, 0, 0)",
        ] {
            sqlx::query(statement).execute(&catalog.writer).await.expect("written");
        }
        for (store, count) in [(STORE, SESSIONS), ([3; 16], 50)] {
            // A tenth is completed; some have the same creation time.
            sqlx::query(
                "with recursive n (i) as (select 1 union all select i + 1 from n where i < $2) \
                 insert into sessions (id, tenant_id, store_id, state, update_mode, columns, tokens_max, key_id, \
                 created_by, fields, allow_shrink, created_at, updated_at, last_activity_at, upload_expires_at) \
                 select randomblob(16), x'01010101010101010101010101010101', $1, \
                 case i % 10 when 0 then 'Completed' else 'Cancelled' end, 'replace', '[]', 1, zeroblob(16), \
                 'p', '[]', 0, i / 3, i * 7919 % 100000, i, i from n",
            )
            .bind(store.to_vec())
            .bind(count)
            .execute(&catalog.writer)
            .await
            .expect("written");
        }
        catalog
    }

    async fn plan(catalog: &Catalog, statement: &Statement) -> Vec<String> {
        let text = AssertSqlSafe(format!("explain query plan {}", statement.sql().as_str()));
        let rows = sqlx::query(text).fetch_all(&catalog.reader).await.expect("a plan");
        rows.iter().map(|row| row.get::<String, _>("detail")).collect()
    }

    fn state_is(state: &str) -> Condition {
        Condition::Compare(
            Operand::Property("state".to_owned()),
            Comparison::Equal,
            Operand::Literal(Literal::Text(state.to_owned())),
        )
    }

    fn by(property: &str, direction: Direction) -> Vec<OrderKey> {
        vec![OrderKey { property: property.to_owned(), direction }]
    }

    /// The query plans of pages use an index: no sort and no full table scan.
    #[tokio::test]
    async fn pages_walk_an_index() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = furnished(folder.path()).await;
        let scope: Scope<'_> = &[("s.store_id", &STORE), ("d.tenant_id", &[1; 16])];
        let page = |condition, order| ListQuery { condition, order, top: Some(20), ..ListQuery::default() };
        let (up, down) = (Direction::Ascending, Direction::Descending);
        let created = |micros| Literal::Moment(Timestamp::from_micros(micros));
        let after = Condition::Compare(
            Operand::Property("creationDateTime".to_owned()),
            Comparison::GreaterOrEqual,
            Operand::Literal(created(30_000)),
        );
        let cases = [
            (page(None, vec![]), created(20_000), "sessions_by_creation"),
            (page(None, by("creationDateTime", down)), created(20_000), "sessions_by_creation"),
            (page(None, by("lastUpdatedDateTime", down)), created(20_000), "sessions_by_update"),
            (page(None, by("lastUpdatedDateTime", up)), created(20_000), "sessions_by_update"),
            (page(Some(state_is("Completed")), vec![]), created(20_000), "sessions_by_state"),
            (
                page(Some(state_is("Completed")), by("creationDateTime", down)),
                created(20_000),
                "sessions_by_state",
            ),
            (page(Some(after), vec![]), created(31_000), "sessions_by_creation"),
        ];
        for analysed in [false, true] {
            if analysed {
                sqlx::query("analyze").execute(&catalog.writer).await.expect("analysed");
            }
            for (first, key, index) in &cases {
                let place = Cursor { keys: vec![key.clone()], id: [9; 16] };
                let next = ListQuery { after: Some(place), ..first.clone() };
                for query in [first, &next] {
                    let statement = select(&tables::SESSIONS, scope, query).expect("known properties");
                    let plan = plan(&catalog, &statement).await;
                    let told = format!("{query:?}, analysed: {analysed}: {plan:#?}");
                    assert!(plan.iter().any(|line| line.contains(index)), "{told}");
                    assert!(
                        !plan.iter().any(|line| line.contains("TEMP B-TREE") || line.contains("SCAN s")),
                        "{told}"
                    );
                    if query.after.is_some() {
                        let seeks = |line: &String| {
                            line.contains("(created_at,id)")
                                || line.contains("created_at>")
                                || line.contains("created_at<")
                                || line.contains("updated_at,id)")
                        };
                        assert!(plan.iter().any(seeks), "{told}");
                    }
                }
            }
            let count = ListQuery { with_total: true, ..page(None, vec![]) };
            let statement = counting(&tables::SESSIONS, scope, &count).expect("no properties");
            let counted = plan(&catalog, &statement).await;
            assert!(counted.iter().any(|line| line.contains("COVERING INDEX sessions_by")), "{counted:#?}");
        }
    }

    /// A client that pages by a link sees every row that is not changed exactly once, whatever is
    /// added and removed meanwhile.
    #[tokio::test]
    async fn a_list_that_changes_while_it_is_paged_neither_repeats_nor_loses() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = furnished(folder.path()).await;
        let scope: Scope<'_> = &[("s.store_id", &[3; 16]), ("d.tenant_id", &[1; 16])];
        for order in
            [vec![], by("creationDateTime", Direction::Descending), by("state", Direction::Descending)]
        {
            let mut query = ListQuery { order, top: Some(7), ..ListQuery::default() };
            let all = ListQuery { top: None, ..query.clone() };
            let id = |row: &SqliteRow| id16(row, "id");
            let before =
                page(&catalog.lists, &tables::SESSIONS, scope, &all, id).await.expect("listed").items;
            let (mut seen, mut removed) = (Vec::new(), Vec::new());
            loop {
                let part = page(&catalog.lists, &tables::SESSIONS, scope, &query, id).await.expect("listed");
                seen.extend(part.items.iter().copied());
                // Remove the last row seen and one unseen row; add one before all others and one
                // after.
                let unseen = before.iter().rev().find(|id| !seen.contains(id) && !removed.contains(*id));
                for gone in part.items.last().into_iter().chain(unseen) {
                    sqlx::query("delete from sessions where id = $1")
                        .bind(gone.to_vec())
                        .execute(&catalog.writer)
                        .await
                        .expect("removed");
                    removed.push(*gone);
                }
                sqlx::query(
                    "insert into sessions select randomblob(16), tenant_id, store_id, state, update_mode, columns, \
                     tokens_max, key_id, sealed_block_key, created_by, upload_agent_id, fields, file_name, checksum, \
                     rows_per_block, total_block_count, staged_block_count, row_count, rejected_row_count, \
                     allow_shrink, block_list_given, total_job_count, finished_job_count, commit_number, at.value, \
                     started_at, updated_at, last_activity_at, upload_expires_at, upload_completed_at, \
                     processing_completed_at, completed_at, failure, base_session_id, lowered, placeholders, sealed_generation_key \
                     from sessions, json_each('[-1, 1000000]') at where store_id = $1 and created_at between 1 and 2 \
                     and sessions.id = (select min(id) from sessions where store_id = $1)",
                )
                .bind(vec![3u8; 16])
                .execute(&catalog.writer)
                .await
                .expect("added");
                if part.next.is_none() {
                    break;
                }
                query.after = part.next;
            }
            let mut once = seen.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(once.len(), seen.len(), "nothing twice");
            let lost = before.iter().filter(|id| !seen.contains(id) && !removed.contains(*id));
            assert_eq!(lost.count(), 0, "what stays is seen");
        }
    }

    /// SQLite accepts the longest filter that the wire allows.
    #[tokio::test]
    async fn the_bounds_of_a_filter_are_within_those_of_the_database() {
        use edm_model::limits::{FILTER_COLLECTIONS_MAX, FILTER_DEPTH_MAX, FILTER_TERMS_MAX};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let catalog = Catalog::open(&folder.path().join("catalog.db"), test_options())
            .await
            .expect("the catalog opens");
        catalog.migrate().await.expect("the tables are made");
        let text = |text: &str| Operand::Literal(Literal::Text(text.to_owned()));
        let name = || Operand::Property("fileName".to_owned());
        let ends = || Condition::Text(TextTest::EndsWith, text("ab"), text("b"));
        let look = |inner| Condition::AnyElement("fields".to_owned(), Some(Box::new(inner)));
        let mut deep = Condition::Any(vec![ends(); FILTER_TERMS_MAX / 4]);
        for level in 0..FILTER_DEPTH_MAX {
            deep = if level % 2 == 0 {
                Condition::Not(Box::new(deep))
            } else {
                Condition::All(vec![deep, ends()])
            };
        }
        let lowered = Operand::Lower(Box::new(name()));
        let chain = Condition::Compare(lowered, Comparison::LessOrEqual, text("x"));
        for condition in [
            deep,
            Condition::All(vec![chain; FILTER_TERMS_MAX / 2]),
            Condition::OneOf(name(), vec![Literal::Text("x".to_owned()); FILTER_TERMS_MAX]),
            Condition::Any(vec![look(ends()); FILTER_COLLECTIONS_MAX]),
        ] {
            let query = ListQuery { condition: Some(condition), with_total: true, ..ListQuery::default() };
            let scope: Scope<'_> = &[("s.store_id", &STORE)];
            let id = |row: &SqliteRow| id16(row, "id");
            page(&catalog.lists, &tables::SESSIONS, scope, &query, id).await.expect("SQLite takes it");
        }
    }

    /// Unknown property names never reach the database.
    #[test]
    fn unknown_names_are_refused() {
        let scope: Scope<'_> = &[];
        let query = |condition| ListQuery { condition: Some(condition), ..ListQuery::default() };
        let truth = |operand| query(Condition::Truth(operand));
        for query in [
            truth(Operand::Property("salt".to_owned())),
            truth(Operand::Element("name".to_owned())),
            truth(Operand::Lower(Box::new(Operand::Property("allowShrink".to_owned())))),
            query(Condition::AnyElement("columns".to_owned(), None)),
            ListQuery { order: by("fields", Direction::Ascending), ..ListQuery::default() },
            ListQuery { after: Some(Cursor { keys: vec![], id: [0; 16] }), ..ListQuery::default() },
        ] {
            let error = select(&tables::SESSIONS, scope, &query).err().map(|error| error.kind());
            assert_eq!(error, Some(crate::ErrorKind::UnknownProperty), "{query:?}");
        }
    }
}
