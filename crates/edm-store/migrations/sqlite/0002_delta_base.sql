-- The generation that a delta builds on, by its session: fixed once, before the first file is built. No reference: the
-- history of that session may be deleted while its data is live.
alter table sessions add column base_session_id blob;
