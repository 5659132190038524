-- The catalog: everything that changes. Ids are 16 bytes, moments are microseconds since 1970 UTC, lists are JSON
-- (record.rs). Sealed columns are ciphertext that this crate never opens.

create table settings (
    name  text not null primary key,
    value blob not null
) strict;

create table salts (
    key_id     blob not null primary key,
    tenant_id  blob not null,
    sealed     blob not null,
    own        integer not null, -- brought by a session, for itself alone
    live       integer not null default 0,
    created_at integer not null
) strict;
create unique index salts_live on salts (tenant_id) where live = 1;

create table data_stores (
    id                   blob not null primary key,
    tenant_id            blob not null,
    name                 text not null,
    name_folded          text not null,
    description          text,
    columns              text not null,
    tokens_max           integer not null,
    created_at           integer not null,
    updated_at           integer not null,
    data_updated_at      integer,
    live_session_id      blob,
    last_generation      integer not null default 0,
    last_commit          integer not null default 0,
    published_commit     integer not null default 0
) strict;
create unique index data_stores_name on data_stores (tenant_id, name_folded);

create table sessions (
    id                      blob not null primary key,
    tenant_id               blob not null,
    store_id                blob not null references data_stores (id) on delete cascade,
    state                   text not null,
    update_mode             text not null,
    columns                 text not null,
    tokens_max              integer not null,
    key_id                  blob not null references salts (key_id),
    sealed_block_key        blob, -- null once its blocks are collected
    created_by              text not null,
    upload_agent_id         text,
    fields                  text not null,
    file_name               text,
    checksum                text,
    rows_per_block          integer,
    total_block_count       integer,
    staged_block_count      integer not null default 0,
    row_count               integer,
    rejected_row_count      integer,
    allow_shrink            integer not null,
    block_list_given        integer not null default 0,
    total_job_count         integer,
    finished_job_count      integer not null default 0,
    commit_number           integer,
    created_at              integer not null,
    started_at              integer,
    updated_at              integer not null,
    last_activity_at        integer not null,
    upload_expires_at       integer not null,
    upload_completed_at     integer,
    processing_completed_at integer,
    completed_at            integer,
    failure                 text
) strict;
create index sessions_of_store on sessions (store_id, created_at);
create index sessions_idle on sessions (state, last_activity_at);

create table blocks (
    session_id     blob not null references sessions (id) on delete cascade,
    number         integer not null,
    sha256         blob not null,
    byte_count     integer not null,
    first_row      integer not null,
    row_count      integer not null,
    rejected_count integer not null,
    stored_at      integer not null,
    primary key (session_id, number)
) strict, without rowid;

-- No reference to sessions: the history of an upload may be deleted while its data is still live.
create table generations (
    session_id    blob not null primary key,
    tenant_id     blob not null,
    store_id      blob not null references data_stores (id) on delete cascade,
    number        integer not null,
    commit_number integer not null,
    key_id        blob not null references salts (key_id),
    row_count     integer not null,
    kept          integer not null default 1,
    published_at  integer not null
) strict;
create unique index generations_of_store on generations (store_id, number);

create table jobs (
    dedup_key   text not null primary key,
    tenant_id   blob not null,
    session_id  blob references sessions (id) on delete cascade,
    kind        text not null,
    payload     text not null,
    state       text not null default 'ready',
    attempts    integer not null default 0,
    epoch       integer not null default 0,
    run_after   integer not null,
    lease_until integer not null default 0,
    lease_owner text,
    last_error  text
) strict;
create index jobs_claim on jobs (state, run_after, dedup_key);
create index jobs_leased on jobs (state, lease_until);
create index jobs_of_session on jobs (session_id, kind, state);

create table upload_agents (
    id          blob not null primary key,
    tenant_id   blob not null,
    description text,
    created_at  integer not null
) strict;

create table sensitive_types (
    id          blob not null primary key,
    tenant_id   blob not null,
    store_id    blob not null references data_stores (id) on delete cascade,
    name        text not null,
    name_folded text not null,
    description text,
    publisher   text,
    origin      text not null,
    rule        text not null,
    created_at  integer not null,
    modified_at integer not null
) strict;
create unique index sensitive_types_name on sensitive_types (tenant_id, name_folded) where origin = 'own';
create index sensitive_types_of_store on sensitive_types (store_id);

create table tokens (
    id         blob not null primary key,
    tenant_id  blob not null,
    name       text not null,
    hash       blob not null unique,
    roles      text not null,
    bootstrap  integer not null default 0,
    created_at integer not null,
    expires_at integer
) strict;

create table audit (
    id         integer primary key,
    tenant_id  blob not null,
    principal  text not null,
    action     text not null,
    store_id   blob,
    item_count integer not null,
    at         integer not null
) strict;
