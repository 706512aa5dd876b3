#pragma once
#include <zlib.h>

// Macros that Swift cannot call. 15 is the largest window, 16 more mean a gzip frame: zlib.h, inflateInit2.
static inline int tusk_inflate_begin(z_streamp stream) { return inflateInit2(stream, 15 + 16); }

static inline int tusk_deflate_begin(z_streamp stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
