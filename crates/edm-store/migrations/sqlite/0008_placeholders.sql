-- The words by which a store's table says that a cell is empty: a JSON list; null for the usual ones.
alter table data_stores add column placeholders text;
