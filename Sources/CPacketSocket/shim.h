#pragma once
// What Linux offers for packets and Swift's view of libc lacks: macros with casts, transparent unions, atomic access to
// memory that another process (or the kernel) shares.
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <time.h>
#include <linux/filter.h>
#include <linux/futex.h>
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
static inline uint64_t remora_add_u64(void *p, uint64_t value) {
    return __atomic_add_fetch((uint64_t *)p, value, __ATOMIC_SEQ_CST);
}
static inline bool remora_exchange_u64(void *p, uint64_t expected, uint64_t value) {
    return __atomic_compare_exchange_n((uint64_t *)p, &expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static inline uint32_t remora_add_u32(void *p, uint32_t value) {
    return __atomic_add_fetch((uint32_t *)p, value, __ATOMIC_SEQ_CST);
}
static inline uint32_t remora_load_u32(const void *p) { return __atomic_load_n((const uint32_t *)p, __ATOMIC_SEQ_CST); }

// Sleeps while *p == value, for so many nanoseconds at most.
static inline void remora_futex_wait(const void *p, uint32_t value, int64_t nanoseconds) {
    struct timespec limit = { nanoseconds / 1000000000, nanoseconds % 1000000000 };
    syscall(SYS_futex, p, FUTEX_WAIT, value, &limit, (void *)0, 0);
}
static inline void remora_futex_wake(const void *p) {
    syscall(SYS_futex, p, FUTEX_WAKE, INT_MAX, (void *)0, (void *)0, 0);
}

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
