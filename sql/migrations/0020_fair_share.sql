-- Fair share: jobs with a fair key take turns with those of other keys in their band, by weight.
-- Why: a sender with a hundred thousand jobs must not keep one with ten waiting.
-- Locks: an instant's share row exclusive lock on tusk.ready. Cost on 10 million rows: none.
--
-- Each key of a lane (a queue and a band) has a pass, which a job moves on by its stride: a million, divided by the
-- weight of the key. A claim takes from the key with the lowest pass: the start-time fair queueing of Goyal, Vin and
-- Cheng. The pass of a lane is that of the last job it gave: what a key did not use lies behind it and is lost.
-- A row of fair_share says that a key may have jobs in ready. It is made with the first of them and goes when a claim
-- finds none, once the lane has reached its pass or is empty, so that a key that comes and goes pays what it took.
-- Whoever puts a job into ready holds the row, so that no claim can remove it before that job is seen. Nobody waits for
-- a row that is being made: of two that make it the second leaves it to the first, and what is missing after all,
-- because that one was rolled back, is found by claims, which look at a few more keys of the lane each time.
-- Rows of ready with a fair key are gated and claimed by tusk.claim_gated when it is asked for them, for idle slots
-- only: what a worker has taken ahead is not shared.

create table tusk.fair_lane (
    shard smallint not null default 0,
    priority smallint not null,
    pass bigint not null,
    queue text collate "C" not null,
    looked_at text collate "C" not null default '',
    constraint fair_lane_pkey primary key (shard, queue, priority)
) with (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

comment on table tusk.fair_lane is 'How far the jobs with fair keys of a queue and band are.';
comment on column tusk.fair_lane.shard is 'The shard of the jobs.';
comment on column tusk.fair_lane.priority is 'The band.';
comment on column tusk.fair_lane.pass is 'The pass of the last job that was claimed.';
comment on column tusk.fair_lane.queue is 'The queue.';
comment on column tusk.fair_lane.looked_at is 'The key up to which claims looked for keys without a row.';

create table tusk.fair_share (
    shard smallint not null default 0,
    priority smallint not null,
    pass bigint not null,
    queue text collate "C" not null,
    key text collate "C" not null,
    constraint fair_share_pkey primary key (shard, queue, priority, key)
) with (
    fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0
);

create index fair_share_pass on tusk.fair_share (shard, queue, priority, pass, key);

comment on table tusk.fair_share is 'Fair keys that may have jobs in ready, and how much of their lane they took.';
comment on column tusk.fair_share.shard is 'The shard of the jobs.';
comment on column tusk.fair_share.priority is 'The band.';
comment on column tusk.fair_share.pass is 'Where the next job of the key stands; the lowest of a lane is next.';
comment on column tusk.fair_share.queue is 'The queue.';
comment on column tusk.fair_share.key is 'The fair key.';

create function tusk.share_stride(key text) returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
return 1000000 / coalesce(
    (select own.share_weight from tusk.key_limit as own where own.key = share_stride.key),
    (select class.share_weight from tusk.key_limit as class where class.key = tusk.key_class(share_stride.key)),
    1
);

comment on function tusk.share_stride is 'How far a job moves its fair key on.';

create function tusk.make_share(home smallint, lane_queue text, lane_priority smallint, fair_key text) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_try_advisory_xact_lock(
        ('x' || substr(md5('tusk.share'), 1, 8))::bit(32)::integer,
        hashtext(concat_ws(' ', home, lane_queue, lane_priority, fair_key))
    ) then
        insert into tusk.fair_share (shard, priority, pass, queue, key)
        values (
            home, lane_priority,
            coalesce((
                select lane.pass
                from tusk.fair_lane as lane
                where lane.shard = home and lane.queue = lane_queue and lane.priority = lane_priority
            ), 0),
            lane_queue, fair_key
        )
        on conflict on constraint fair_share_pkey do nothing;
    end if;
end
$$;

comment on function tusk.make_share is 'Lets a fair key take part from where its lane is, unless somebody is at it.';

create function tusk.hold_share() returns trigger
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
begin
    perform from tusk.fair_share as share
    where
        share.shard = new.shard and share.queue = new.queue and share.priority = new.priority
        and share.key = new.turn_key
    for key share;
    if not found then
        perform tusk.make_share(new.shard, new.queue, new.priority, new.turn_key);
    end if;
    return null;
end
$$;

comment on function tusk.hold_share is 'Lets the fair key of a new row of ready take part, and keeps it there.';

create trigger ready_holds_share
after insert on tusk.ready
for each row
when (new.turn_key > '"')
execute function tusk.hold_share();

create function tusk.look_after_shares(home smallint, lane_queue text, lane_priority smallint) returns void
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    keys_most constant integer := 16;
    idle_most constant integer := 64;
    lane tusk.fair_lane;
    idle tid [];
    keys text [];
    has_jobs boolean;
begin
    select present.* into lane
    from tusk.fair_lane as present
    where present.shard = home and present.queue = lane_queue and present.priority = lane_priority;

    with recursive held (key) as (
        (
            select ready.turn_key
            from tusk.ready as ready
            where
                ready.shard = home and ready.queue = lane_queue and ready.priority = lane_priority and ready.gated
                and ready.turn_key > coalesce(nullif(lane.looked_at, ''), '"')
            order by ready.turn_key
            limit 1
        )
        union all
        select (
            select ready.turn_key
            from tusk.ready as ready
            where
                ready.shard = home and ready.queue = lane_queue and ready.priority = lane_priority and ready.gated
                and ready.turn_key > held.key
            order by ready.turn_key
            limit 1
        )
        from held
        where held.key is not null
    )
    select array_agg(found.key) into keys
    from (select held.key from held where held.key is not null limit keys_most) as found;
    perform tusk.make_share(home, lane_queue, lane_priority, given.key)
    from unnest(keys) as given (key)
    where not exists (
        select from tusk.fair_share as share
        where
            share.shard = home and share.queue = lane_queue and share.priority = lane_priority
            and share.key = given.key
    );
    if keys is not null or lane.looked_at <> '' then
        insert into tusk.fair_lane as present (shard, priority, pass, queue, looked_at)
        values (
            home, lane_priority, 0, lane_queue,
            case when cardinality(keys) = keys_most then keys[keys_most] else '' end
        )
        on conflict on constraint fair_lane_pkey do update
        set looked_at = excluded.looked_at
        where present.looked_at <> excluded.looked_at;
    end if;

    has_jobs := exists (
        select from tusk.ready as ready
        where
            ready.shard = home and ready.queue = lane_queue and ready.priority = lane_priority and ready.gated
            and ready.turn_key > '"'
    );
    -- Those whose lane has reached their pass, as far as no job is on its way to them; all when the lane is empty.
    idle := array(
        select first.place
        from (
            select share.ctid as place, share.key
            from tusk.fair_share as share
            where
                share.shard = home and share.queue = lane_queue and share.priority = lane_priority
                and (not has_jobs or share.pass <= coalesce(lane.pass, 0))
            order by share.pass, share.key
            limit idle_most
            for update skip locked
        ) as first
        where not exists (
            select from tusk.ready as ready
            where
                ready.shard = home and ready.queue = lane_queue and ready.priority = lane_priority and ready.gated
                and ready.turn_key = first.key
        )
    );
    -- Now that they are locked: what was committed a moment before is seen by a statement that begins after it.
    delete from tusk.fair_share as share
    where
        share.ctid = any (idle)
        and not exists (
            select from tusk.ready as ready
            where
                ready.shard = home and ready.queue = lane_queue and ready.priority = lane_priority and ready.gated
                and ready.turn_key = share.key
        );
end
$$;

comment on function tusk.look_after_shares is
'Removes fair keys of a lane that have no jobs any more, and adds some that were missed.';

create function tusk.fair_heads(
    home smallint, lane_queue text, lane_priority smallint, kinds text [], jobs_most integer
) returns table (tid tid, turn bigint)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        line.tid,
        row_number() over (order by line.start, line.place, line.rank)
    from (
        select waiting.tid, waiting.rank, waiting.place, key.start + (waiting.place - 1) * key.stride as start
        from (
            select
                share.key,
                greatest(share.pass, coalesce((
                    select lane.pass
                    from tusk.fair_lane as lane
                    where
                        lane.shard = fair_heads.home and lane.queue = fair_heads.lane_queue
                        and lane.priority = fair_heads.lane_priority
                ), 0)) as start,
                tusk.share_stride(share.key) as stride
            from tusk.fair_share as share
            cross join lateral (
                select
                from tusk.ready as ready
                where
                    ready.shard = fair_heads.home and ready.queue = fair_heads.lane_queue
                    and ready.priority = fair_heads.lane_priority and ready.gated and ready.turn_key = share.key
                    and ready.kind = any (fair_heads.kinds) and ready.interruptions = 0
                limit 1
            ) as one
            where
                share.shard = fair_heads.home and share.queue = fair_heads.lane_queue
                and share.priority = fair_heads.lane_priority
            order by share.pass, share.key
            limit fair_heads.jobs_most
        ) as key
        cross join lateral (
            select ready.ctid as tid, ready.rank, row_number() over (order by ready.rank) as place
            from tusk.ready as ready
            where
                ready.shard = fair_heads.home and ready.queue = fair_heads.lane_queue
                and ready.priority = fair_heads.lane_priority and ready.gated and ready.turn_key = key.key
                and ready.kind = any (fair_heads.kinds) and ready.interruptions = 0
            order by ready.rank
            limit fair_heads.jobs_most
        ) as waiting
    ) as line
    order by line.start, line.place, line.rank
    limit fair_heads.jobs_most;
end;

comment on function tusk.fair_heads is 'The next jobs of the fair keys of a lane, in turn.';

create function tusk.charge_shares(home smallint, tids tid []) returns void
language sql volatile
set search_path = pg_catalog, pg_temp
begin atomic
    with used as materialized (
        select
            ready.queue, ready.priority, ready.turn_key, count(*) as jobs,
            tusk.share_stride(ready.turn_key) as stride
        from tusk.ready as ready
        where ready.ctid = any (charge_shares.tids)
        group by ready.queue, ready.priority, ready.turn_key
    ),
    charged as (
        update tusk.fair_share as share
        set
            pass = used.jobs * used.stride + greatest(share.pass, coalesce((
                select lane.pass
                from tusk.fair_lane as lane
                where lane.shard = share.shard and lane.queue = share.queue and lane.priority = share.priority
            ), 0))
        from used
        where
            share.shard = charge_shares.home and share.queue = used.queue and share.priority = used.priority
            and share.key = used.turn_key
        returning share.queue, share.priority, share.pass - used.stride as pass
    )
    insert into tusk.fair_lane as lane (shard, priority, pass, queue)
    select charge_shares.home, charged.priority, max(charged.pass), charged.queue
    from charged
    group by charged.queue, charged.priority
    on conflict on constraint fair_lane_pkey do update
    set pass = greatest(lane.pass, excluded.pass);
end;

comment on function tusk.charge_shares is 'Moves the fair keys of jobs that are being claimed on.';
