-- Ends an operation before its time; no row when it has ended or there is none.
-- $1 bigint: operation   $2 text: who   $3 text: why or null
-- Locks: its row, behind a batch that is under way. Index: operation_pkey.
update tusk.operation as operation
set
    state = 'cancelled',
    ended_at = statement_timestamp(),
    cancelled_at = statement_timestamp(),
    cancelled_by = $2,
    cancel_reason = $3
where operation.id = $1 and operation.ended_at is null
returning operation.id
