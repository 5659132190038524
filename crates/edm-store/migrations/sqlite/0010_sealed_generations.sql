-- What the files of a session's generation are encrypted under: sealed, made at the commit, and forgotten with the key of its blocks. From then on its manifest has it.
alter table sessions add column sealed_generation_key blob;
-- The SHA-256 of the sealed manifest. A data directory of before is refused, so that no generation is without one.
alter table generations add column manifest_sha256 blob not null default x'';
