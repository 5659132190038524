-- What a store wants where its live generation cannot be read: 'refuse' or 'previous'.
alter table data_stores add column on_unserved text not null default 'refuse';
