-- Discarded jobs in groups by how they failed, and operations that retry many of them.
-- Why: after an outage there are a few causes and very many jobs: causes are shown, and what they hit is tried again.
-- Locks: a share lock on tusk.outcome while its index is made. Cost on 10 million rows: reads the history once.
--
-- A message counts by its first line. Quoted text and words with a digit or an @ in them are what differs from job to
-- job: ids, numbers, names, addresses. Each becomes a question mark, and equal causes become equal.

create index outcome_discarded on tusk.outcome (finished_at, id) where state = 'discarded';

create function tusk.error_message(error text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
begin atomic
    with line as (
        select left(split_part(ltrim(coalesce(error_message.error, ''), E' \t\r\n'), E'\n', 1), 300) as text
    ),
    plain as (
        select
            case when line.text like '%''%'
                then regexp_replace(line.text, '(^|[^[:alnum:]])''[^'']*(?:''|$)' collate "C", '\1?', 'g')
                else line.text
            end as text
        from line
    )
    select
        regexp_replace(
            plain.text, '"[^"]*(?:"|$)|`[^`]*(?:`|$)|[[:alnum:]_.+-]*[0-9@][[:alnum:]_.@+-]*' collate "C", '?', 'g'
        )
    from plain;
end;

comment on function tusk.error_message
is 'What errors of one cause have in common: the first 300 characters of the first line, ? for what differs by job.';

create function tusk.error_fingerprint(kind text, reason text, message text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
-- Neither a kind nor a message has a line end in it.
return left(md5(concat_ws(E'\n', error_fingerprint.kind, error_fingerprint.reason, error_fingerprint.message)), 16);

comment on function tusk.error_fingerprint
is 'Names a group of failures: 16 digits, the same for the same kind, reason and message as error_message gives it.';
