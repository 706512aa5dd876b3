-- Gives leadership up, so that another need not wait for its end.
-- $1 text: what is led   $2 uuid: caller
-- Locks: its row.
update tusk.leader as leader
set expires_at = now() - interval '1 ms'
where leader.name = $1 and leader.holder = $2
