-- What each generation was made with, so that it can be compared with what its store wants after the history of its session is deleted.
-- Of a generation whose session is gone already, this is what the store has now: nothing else is known.
alter table generations add column columns text not null default '';
alter table generations add column tokens_max integer not null default 0;
alter table generations add column placeholders text;
update generations set
    columns = coalesce(
        (select s.columns from sessions s where s.id = generations.session_id),
        (select d.columns from data_stores d where d.id = generations.store_id)),
    tokens_max = coalesce(
        (select s.tokens_max from sessions s where s.id = generations.session_id),
        (select d.tokens_max from data_stores d where d.id = generations.store_id)),
    placeholders = (select d.placeholders from data_stores d where d.id = generations.store_id);

-- The store's placeholders when the session was opened: an upload agent hashes with these.
alter table sessions add column placeholders text;
update sessions set placeholders = (select d.placeholders from data_stores d where d.id = sessions.store_id);
