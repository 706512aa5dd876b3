-- Claims over HTTP: a row of tusk.worker for each claim, for whoever has the claim's token.
-- Why: a program that claims over HTTP and dies is rescued as a worker is, and any API process can serve it.
-- Locks: access exclusive on tusk.worker, for a moment; nothing is rewritten. Cost on 10 million rows: none.

alter table tusk.worker
add column token_hash bytea,
add column owner text,
add constraint worker_token_whole check ((token_hash is null) = (owner is null));

comment on column tusk.worker.token_hash
is 'SHA-256 of the secret of a claim over HTTP; null: a worker process, which needs none.';
comment on column tusk.worker.owner is 'Which API key made the claim over HTTP; only that one may use its token.';
