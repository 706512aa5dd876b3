-- Takes or renews leadership. Answers who leads now; it is the caller if the holder is the caller.
-- $1 text: what is led   $2 uuid: caller   $3 int: for how many ms
-- Locks: its row, held only by this statement. Leadership saves work; correctness never depends on it.
insert into tusk.leader as leader (name, holder, term, acquired_at, expires_at)
values ($1, $2, 1, now(), now() + $3 * interval '1 ms')
on conflict (name) do update
set
    term = case when leader.holder = excluded.holder then leader.term else leader.term + 1 end,
    acquired_at = case when leader.holder = excluded.holder then leader.acquired_at else excluded.acquired_at end,
    holder = excluded.holder,
    expires_at = excluded.expires_at
where leader.holder = excluded.holder or leader.expires_at < now()
returning leader.term
