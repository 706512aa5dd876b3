-- What happened in each step of a time, the first first; steps without anything are left out.
-- $1 text: queue; null: all   $2 int: seconds that the time takes, up to now   $3 int: seconds of a step
-- Locks: none. Index: minute_pkey, over the minutes of that time.
select
    point.at,
    point.completed,
    point.failed,
    point.discarded,
    point.cancelled,
    point.available,
    point.oldest_wait_ms,
    point.waits,
    point.runs
from (
    select
        date_bin($3 * interval '1 second', minute.minute, '2000-01-01 00:00:00+00') as at,
        sum(minute.completed)::bigint as completed,
        sum(minute.failed)::bigint as failed,
        sum(minute.discarded)::bigint as discarded,
        sum(minute.cancelled)::bigint as cancelled,
        max(minute.available)::bigint as available,
        max(minute.oldest_wait_ms) as oldest_wait_ms,
        array[
        sum(minute.waits[1]), sum(minute.waits[2]), sum(minute.waits[3]), sum(minute.waits[4]),
        sum(minute.waits[5]), sum(minute.waits[6]), sum(minute.waits[7]), sum(minute.waits[8]),
        sum(minute.waits[9]), sum(minute.waits[10]), sum(minute.waits[11]), sum(minute.waits[12]),
        sum(minute.waits[13]), sum(minute.waits[14]), sum(minute.waits[15]), sum(minute.waits[16]),
        sum(minute.waits[17]), sum(minute.waits[18]), sum(minute.waits[19])
        ]::bigint [] as waits,
        array[
        sum(minute.runs[1]), sum(minute.runs[2]), sum(minute.runs[3]), sum(minute.runs[4]),
        sum(minute.runs[5]), sum(minute.runs[6]), sum(minute.runs[7]), sum(minute.runs[8]),
        sum(minute.runs[9]), sum(minute.runs[10]), sum(minute.runs[11]), sum(minute.runs[12]),
        sum(minute.runs[13]), sum(minute.runs[14]), sum(minute.runs[15]), sum(minute.runs[16]),
        sum(minute.runs[17]), sum(minute.runs[18]), sum(minute.runs[19])
        ]::bigint [] as runs
    from (
        select
            minute.minute,
            sum(minute.completed) as completed,
            sum(minute.failed) as failed,
            sum(minute.discarded) as discarded,
            sum(minute.cancelled) as cancelled,
            sum(minute.available) as available,
            max(minute.oldest_wait_ms) as oldest_wait_ms,
            array[
            sum(minute.waits[1]), sum(minute.waits[2]), sum(minute.waits[3]), sum(minute.waits[4]),
            sum(minute.waits[5]), sum(minute.waits[6]), sum(minute.waits[7]), sum(minute.waits[8]),
            sum(minute.waits[9]), sum(minute.waits[10]), sum(minute.waits[11]), sum(minute.waits[12]),
            sum(minute.waits[13]), sum(minute.waits[14]), sum(minute.waits[15]), sum(minute.waits[16]),
            sum(minute.waits[17]), sum(minute.waits[18]), sum(minute.waits[19])
            ] as waits,
            array[
            sum(minute.runs[1]), sum(minute.runs[2]), sum(minute.runs[3]), sum(minute.runs[4]),
            sum(minute.runs[5]), sum(minute.runs[6]), sum(minute.runs[7]), sum(minute.runs[8]),
            sum(minute.runs[9]), sum(minute.runs[10]), sum(minute.runs[11]), sum(minute.runs[12]),
            sum(minute.runs[13]), sum(minute.runs[14]), sum(minute.runs[15]), sum(minute.runs[16]),
            sum(minute.runs[17]), sum(minute.runs[18]), sum(minute.runs[19])
            ] as runs
        from tusk.minute as minute
        where
            minute.minute >= date_bin(
                $3 * interval '1 second', now() - $2 * interval '1 second', '2000-01-01 00:00:00+00'
            ) and ($1::text is null or minute.queue = $1)
        group by minute.minute
    ) as minute
    group by 1
) as point
order by point.at
