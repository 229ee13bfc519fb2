#pragma once
#include <zlib.h>

/* `deflateInit2` is a macro, which Swift does not see. */
static inline int remora_deflate_init(z_stream *stream, int level, int window_bits) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}

/* So is `inflateInit2`. */
static inline int remora_inflate_init(z_stream *stream, int window_bits) { return inflateInit2(stream, window_bits); }
