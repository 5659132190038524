-- How much room the check of the writer asks for, after the disk was full.
alter table writer_checks add column padding blob not null default x'';
