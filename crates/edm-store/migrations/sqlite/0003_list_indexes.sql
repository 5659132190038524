-- Lists are filtered, ordered and paged here (docs/api/queries.md): an index for each order that pages walk, the id last,
-- since it parts rows of equal keys.
drop index sessions_of_store;
create index sessions_by_creation on sessions (store_id, created_at, id);
create index sessions_by_update on sessions (store_id, updated_at, id);
create index sessions_by_state on sessions (store_id, state, created_at, id);
create index data_stores_by_creation on data_stores (tenant_id, created_at, id);
create index upload_agents_by_creation on upload_agents (tenant_id, created_at, id);
create index sensitive_types_by_creation on sensitive_types (tenant_id, created_at, id);

-- Texts in lower case where SQLite's lower(), which knows ASCII alone, would be wrong: a JSON object from a text's place in the row to
-- the text as Rust lowers it, null for most rows. Filled for older rows by the program (lowered.rs).
alter table sessions add column lowered text;
alter table data_stores add column lowered text;
alter table upload_agents add column lowered text;
alter table sensitive_types add column lowered text;
