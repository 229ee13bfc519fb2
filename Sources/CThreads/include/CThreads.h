#ifndef REMORA_CTHREADS_H
#define REMORA_CTHREADS_H

#include <stddef.h>

/// Starts a detached thread that runs `body(context)`. The name (15 bytes at most, the rest is cut) is what `top -H`
/// and debuggers show. Returns 0, or the error number of pthread_create.
///
/// In C because `pthread_setname_np` needs `_GNU_SOURCE`, which Swift's view of libc lacks.
int remora_thread_start(const char *name, size_t stack_bytes, void (*body)(void *), void *context);

#endif
