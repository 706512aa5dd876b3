-- Enqueues jobs of the classic design from parallel arrays.
-- $1 text[]: queues   $2 text[]: kinds   $3 json[]: args
-- Locks: none but the new rows.
insert into public.classic (queue, kind, args)
select item.queue, item.kind, item.args
from unnest($1::text[], $2::text[], $3::json[]) as item (queue, kind, args)
returning id
