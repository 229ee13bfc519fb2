#pragma once
// What Linux offers for packets and Swift's view of libc lacks: macros with casts, transparent unions, atomic access to
// memory that another process (or the kernel) shares.
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

static inline uint64_t remora_load_acquire_u64(const void *p) {
    return __atomic_load_n((const uint64_t *)p, __ATOMIC_ACQUIRE);
}
static inline void remora_store_release_u64(void *p, uint64_t value) {
    __atomic_store_n((uint64_t *)p, value, __ATOMIC_RELEASE);
}
static inline uint64_t remora_load_relaxed_u64(const void *p) {
    return __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
}
static inline uint32_t remora_load_acquire_u32(const void *p) {
    return __atomic_load_n((const uint32_t *)p, __ATOMIC_ACQUIRE);
}
static inline void remora_store_release_u32(void *p, uint32_t value) {
    __atomic_store_n((uint32_t *)p, value, __ATOMIC_RELEASE);
}
// Orders reads of shared bytes before the check that nobody has overwritten them meanwhile (a seqlock's reader).
static inline void remora_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }
// Orders a writer's announcement before the bytes that it overwrites (a seqlock's writer).
static inline void remora_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

static inline int remora_bind(int socket, const void *address, unsigned length) {
    return (int)syscall(SYS_bind, socket, address, length);
}
static inline int remora_setns_network(int descriptor) {
    return (int)syscall(SYS_setns, descriptor, 0x40000000 /* CLONE_NEWNET */);
}
static inline int remora_attach_filter(int socket, unsigned short count, const void *instructions) {
    struct sock_fprog program = { count, (struct sock_filter *)instructions };
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}
static inline int remora_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
