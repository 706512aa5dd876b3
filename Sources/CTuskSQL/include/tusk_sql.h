// The files of sql/ as bytes in the binary. What they mean is TuskStore's business.
#pragma once

#include <stddef.h>

/// One embedded file: its path below sql/, its bytes, and how many there are (without the NUL that follows them).
struct tusk_sql_file {
    const char *_Nonnull path;
    const unsigned char *_Nonnull bytes;
    size_t count;
};

/// How many files are embedded.
size_t tusk_sql_file_count(void);

/// The file with this index, below the count, in the order of the paths.
struct tusk_sql_file tusk_sql_file_at(size_t index);
