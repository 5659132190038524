-- One row that is written to find out whether anything can be.
create table writer_checks (
    id    integer not null primary key check (id = 1),
    count integer not null
) strict;
insert into writer_checks (id, count) values (1, 0);
