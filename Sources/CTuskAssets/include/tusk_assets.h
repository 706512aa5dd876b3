// The files of the dashboard as bytes in the binary. What they are served as is TuskAPI's business.
#pragma once

#include <stddef.h>

/// One embedded file: its name, its bytes, and how many there are (without the NUL that follows them).
struct tusk_asset {
    const char *_Nonnull name;
    const unsigned char *_Nonnull bytes;
    size_t count;
};

/// How many files are embedded.
size_t tusk_asset_count(void);

/// The file with this index, below the count, in the order of the names.
struct tusk_asset tusk_asset_at(size_t index);
