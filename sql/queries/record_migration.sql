-- Records a migration in the transaction that applied it.
-- $1 int: version   $2 text: name   $3 text: SHA-256 of its text, in hexadecimal
-- Locks: the new row.
insert into tusk.migration (version, name, checksum)
values ($1, $2, $3)
