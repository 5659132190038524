-- What is kept of texts and files that were classified as jobs: positions and counts, never a piece of a text. Problems
-- and findings are JSON (record.rs); findings are null where nothing could be looked for.
create table classification_jobs (
    id         blob not null primary key,
    tenant_id  blob not null,
    origin     text not null,
    status     text not null,
    created_by text not null,
    created_at integer not null,
    started_at integer not null,
    ended_at   integer not null,
    problems   text not null,
    findings   text,
    lowered    text
) strict;
create index classification_jobs_of_tenant on classification_jobs (tenant_id, created_at, id);
