//! A catalog of random rows, and the comparison of its answers with those of the naive evaluator.

use std::path::Path;

use edm_graph::query::{Place, QueryError, QueryOptions, Shape};
use edm_model::{Cursor, ListQuery, Session, SessionState, Timestamp};
use edm_store::{
    Catalog, CatalogClock, CatalogOptions, Error, JobKind, LiveData, NewBlock, NewGeneration, NewJob,
    NewSessionRow, SaltRow,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::naive::Naive;
use super::rows::{self, Kind, LIVE_KEY, OLD_KEY, TENANT};
use crate::generate::Choices;

const SHAPES: [Shape; 4] = [
    Shape { properties: Kind::Sessions.properties(), expandable: &[] },
    Shape { properties: Kind::Stores.properties(), expandable: &[] },
    Shape { properties: Kind::Agents.properties(), expandable: &[] },
    Shape { properties: Kind::Types.properties(), expandable: &[] },
];

/// A row as a client sees it, with its creation time.
type Row = (Timestamp, Value);

/// A catalog of random rows.
#[derive(Debug)]
pub struct CatalogFixture {
    catalog: Catalog,
    sessions_of: edm_model::StoreId,
    sessions: Vec<Row>,
    not_served: Vec<Row>,
    stores: Vec<Row>,
    agents: Vec<Row>,
    types: Vec<Row>,
}

/// A result on which both sides agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// The number of rows found, and the number of all rows.
    Found(usize, usize),
    /// The query is refused.
    Refused,
}

impl CatalogFixture {
    /// Fills a catalog in an empty folder. Fails if the catalog does.
    pub async fn build(folder: &Path, choices: &mut impl Choices) -> Result<Self, Error> {
        let options = CatalogOptions::new(CatalogClock::new(|| Timestamp::from_micros(0)));
        let catalog = Catalog::open(&folder.join("catalog.db"), options).await?;
        catalog.migrate().await?;
        for (key_id, live) in [(LIVE_KEY, true), (OLD_KEY, false)] {
            let created_at = Timestamp::from_micros(0);
            let salt = SaltRow { key_id, tenant: TENANT, sealed: vec![1], own: false, live, created_at };
            catalog.insert_salt(&salt).await?;
        }
        let (mut agents, mut stores, mut types) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..choices.between(1, 12) {
            let (agent, shown) = rows::agent(choices);
            if catalog.insert_agent(TENANT, &agent).await.is_ok() {
                agents.push((agent.created_at, shown));
            }
        }
        let mut made = Vec::new();
        for number in 0..choices.between(1, 8) {
            let (store, default_type, shown) = rows::store(choices, number);
            if catalog.insert_store(&store, &default_type).await.is_ok() {
                stores.push((store.created_at, shown));
                types.push((default_type.created_at, rows::shown_type(&default_type)));
                made.push(store);
            }
        }
        for number in 0..choices.between(1, 8) {
            let (own, shown) = rows::sensitive_type(choices, number, made[0].id);
            if catalog.insert_type(TENANT, &own).await.is_ok() {
                types.push((own.created_at, shown));
            }
        }
        let mut fixture = Self {
            catalog,
            sessions_of: made[0].id,
            sessions: Vec::new(),
            not_served: Vec::new(),
            stores,
            agents,
            types,
        };
        for _ in 0..choices.between(1, 24) {
            let (session, staged) = rows::session(choices, &made[0]);
            fixture.add_session(&session, staged).await?;
        }
        for (number, store) in made.iter().enumerate() {
            if number == 0 || choices.chance(50) {
                let (session, _) = rows::session(choices, store);
                fixture.publish(number, session).await?;
            }
        }
        Ok(fixture)
    }

    /// Returns the rows of a kind as a client sees them.
    pub fn shown(&self, kind: Kind) -> Vec<Value> {
        self.rows(kind).iter().map(|(_, shown)| shown.clone()).collect()
    }

    fn rows(&self, kind: Kind) -> &[Row] {
        match kind {
            Kind::Sessions => &self.sessions,
            Kind::SessionsLiveNotServed => &self.not_served,
            Kind::Stores => &self.stores,
            Kind::Agents => &self.agents,
            Kind::Types => &self.types,
        }
    }

    /// Writes a session unless its id is taken; returns whether it did.
    async fn write_session(&self, session: &Session, staged: u32) -> Result<bool, Error> {
        let row = NewSessionRow { session: session.clone(), sealed_block_key: vec![2] };
        if self.catalog.insert_session(&row).await.is_err() {
            return Ok(false);
        }
        for number in 0..staged {
            let block = NewBlock {
                number,
                sha256: [1; 32],
                byte_count: 1,
                first_row: 0,
                row_count: 1,
                rejected_count: 0,
                stored_at: session.created_at,
            };
            self.catalog.stage_block(session.id, &block, |_| Ok::<(), Error>(())).await?;
        }
        let mut written = session.clone();
        written.staged_block_count = staged;
        let write = self.catalog.change_session(session.id, |draft| {
            draft.session = written;
            Ok::<(), Error>(())
        });
        write.await?;
        Ok(true)
    }

    async fn add_session(&mut self, session: &Session, staged: u32) -> Result<(), Error> {
        if self.write_session(session, staged).await? {
            let shown = rows::shown_session(session, staged);
            self.sessions.push((session.created_at, shown.clone()));
            self.not_served.push((session.created_at, shown));
        }
        Ok(())
    }

    /// Makes the session's data live in its store.
    async fn publish(&mut self, number: usize, mut session: Session) -> Result<(), Error> {
        session.state = SessionState::ProcessingInProgress;
        if !self.write_session(&session, 0).await? {
            return Ok(());
        }
        session.state = SessionState::Completed;
        // The publication completes its job.
        session.remaining_job_count = session.total_job_count.map(|total| total.saturating_sub(1));
        let publish =
            NewJob { tenant: TENANT, session_id: Some(session.id), kind: JobKind::Publish, delay_seconds: 0 };
        self.catalog.enqueue(&[publish]).await?;
        let job = self.catalog.claim_job("a test", 60).await?.expect("the job was just enqueued");
        let (row_count, at) = (session.row_count.unwrap_or(7), session.updated_at);
        let published = self.catalog.publish(&job, |draft, _| {
            draft.session.state = SessionState::Completed;
            Ok::<_, Error>(Some(NewGeneration {
                row_count,
                manifest_sha256: [5; 32],
                default_patterns: Vec::new(),
                at,
            }))
        });
        published.await?.expect("the closure brought a generation");
        let store = &mut self.stores[number].1;
        store["rowCount"] = json!(row_count);
        store["generation"] = json!(1);
        store["activeSessionId"] = json!(session.id.to_string());
        store["dataLastUpdatedDateTime"] = json!(edm_graph::DateTimeOffset::new(at).to_string());
        let other_tokens = store["maximumNumberOfTokens"] != json!(session.tokens_max);
        store["mustUploadAgain"] = json!(session.key_id == OLD_KEY || other_tokens);
        // The default type, which was created with the store, is pinned now.
        self.types[number].1["lastModifiedDateTime"] = json!(edm_graph::DateTimeOffset::new(at).to_string());
        if session.store_id == self.sessions_of {
            self.sessions.push((session.created_at, rows::shown_session(&session, 0)));
            session.state = SessionState::ProcessingInProgress;
            session.processing_completed_at = None;
            session.completed_at = None;
            session.remaining_job_count = session.total_job_count.map(|_| 1);
            self.not_served.push((session.created_at, rows::shown_session(&session, 0)));
        }
        Ok(())
    }

    /// Queries both sides for a list, page by page like a client that follows the links. Fails with
    /// the difference.
    pub async fn agree(
        &self,
        kind: Kind,
        filter: &str,
        order: &str,
        page_count: u32,
    ) -> Result<Agreed, String> {
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut query = format!("$count=true&$orderby={}", encoded(order));
        if !filter.is_empty() {
            query = format!("{query}&$filter={}", encoded(filter));
        }
        let shape = match kind {
            Kind::Sessions | Kind::SessionsLiveNotServed => &SHAPES[0],
            Kind::Stores => &SHAPES[1],
            Kind::Agents => &SHAPES[2],
            Kind::Types => &SHAPES[3],
        };
        let Ok(first) = QueryOptions::parse(Some(&query), shape, Place::List) else {
            return Ok(Agreed::Refused);
        };
        let expected = self.expected(kind, &first);
        let report = |what: &str| format!("{kind:?} {filter:?} by {order:?}, {page_count} a page: {what}");
        let (mut found, mut next) = (Vec::new(), Some(query.clone()));
        while let Some(query) = next {
            let options = QueryOptions::parse(Some(&query), shape, Place::List)
                .map_err(|error| report(&format!("its own link is refused: {error}")))?;
            let page = self.page(kind, &options, page_count).await.map_err(|error| report(&error))?;
            found.extend(page.ids);
            if page.total != Some(expected.len() as u64) {
                return Err(report(&format!("counts {:?} of {}", page.total, expected.len())));
            }
            let link = |place| options.next_query(Some(&query), &place, found.len() as u64);
            let link: Option<Result<String, QueryError>> = page.next.map(link);
            next = link.transpose().map_err(|error| report(&error.to_string()))?;
            if found.len() > expected.len() {
                break;
            }
        }
        if found != expected {
            return Err(report(&format!("the catalog finds\n{found:#?}\nexpected are\n{expected:#?}")));
        }
        Ok(Agreed::Found(found.len(), self.rows(kind).len()))
    }

    fn expected(&self, kind: Kind, options: &QueryOptions) -> Vec<String> {
        let naive = Naive { properties: kind.properties() };
        let mut rows: Vec<&Row> = self.rows(kind).iter().collect();
        if let Some(filter) = &options.filter {
            rows.retain(|(_, shown)| naive.matches(filter, shown));
        }
        rows.sort_by(|left, right| {
            let creation = if options.order_by.is_empty() { left.0.cmp(&right.0) } else { 0.cmp(&0) };
            creation.then_with(|| naive.order(&left.1, &right.1, &options.order_by))
        });
        rows.into_iter().map(|(_, shown)| id(shown)).collect()
    }

    async fn page(&self, kind: Kind, options: &QueryOptions, page_count: u32) -> Result<Page, String> {
        let query = ListQuery {
            condition: options.filter.clone(),
            order: options.order_by.clone(),
            after: options.after.clone(),
            skip: 0,
            top: Some(page_count),
            with_total: true,
        };
        let catalog = &self.catalog;
        let page = match kind {
            Kind::Sessions | Kind::SessionsLiveNotServed => {
                let live = if kind == Kind::Sessions { LiveData::Served } else { LiveData::NotServed };
                let listed = catalog.list_sessions(TENANT, self.sessions_of, live, &query).await;
                listed.map(|listed| Page::of(listed.map(|draft| draft.session.id.to_string())))
            }
            Kind::Stores => catalog
                .list_stores(TENANT, &query)
                .await
                .map(|listed| Page::of(listed.map(|row| row.store.id.to_string()))),
            Kind::Agents => catalog
                .list_agents(TENANT, &query)
                .await
                .map(|listed| Page::of(listed.map(|agent| agent.id.to_string()))),
            Kind::Types => catalog
                .list_types(TENANT, &query)
                .await
                .map(|listed| Page::of(listed.map(|found| found.id.to_string()))),
        };
        page.map_err(|error| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        })
    }
}

/// A page of ids.
struct Page {
    ids: Vec<String>,
    total: Option<u64>,
    next: Option<Cursor>,
}

impl Page {
    fn of(listed: edm_model::Listed<String>) -> Self {
        Self { ids: listed.items, total: listed.total, next: listed.next }
    }
}

fn id(shown: &Value) -> String {
    shown.get("id").and_then(Value::as_str).unwrap_or("").to_owned()
}
