// The few things a C library would give. The agent uses none: it has to load beside any, of any age, and must not call what it watches.
#pragma once
#include "types.h"
#if defined(__x86_64__)
#include "arch_x86_64.h"
#elif defined(__aarch64__)
#include "arch_aarch64.h"
#else
#error "no arch file for this processor"
#endif

#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1
#define MAP_PRIVATE 2
#define MAP_FIXED 0x10
#define MAP_ANONYMOUS 0x20
#define MAP_NORESERVE 0x4000
#define PAGE 4096ul

#define load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define load_relaxed(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define store_relaxed(p, v) __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define compiler_fence() __asm__ volatile("" ::: "memory")

static inline int failed(long result) { return (u64)result > (u64)-4096; }

static inline void *sys_map(size_t size, int flags, int fd, u64 offset)
{
    long p = sys6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, flags, fd, (long)offset);
    return failed(p) ? NULL : (void *)p;
}

// Mappings of our own are noted: a program that unmaps all it does not know keeps them (agent.c).
void *noted_as_ours(void *mapped, size_t size);
void no_longer_ours(void *mapped);

// Zeroed memory of our own, by its name in the program's map (PR_SET_VMA, Linux 5.17); NULL when the system has none.
static inline void *own_memory(size_t size)
{
    void *memory = noted_as_ours(sys_map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), size);
    if (memory)
        sys6(SYS_prctl, 0x53564d41, 0, (long)memory, (long)size, (long)"vmatlas agent", 0);
    return memory;
}

static inline void own_memory_end(void *p, size_t size)
{
    no_longer_ours(p);
    sys6(SYS_munmap, (long)p, (long)size, 0, 0, 0, 0);
}

static inline int sys_open(const char *path, int flags) { return (int)sys6(SYS_openat, -100, (long)path, flags, 0, 0, 0); }

static inline long sys_read(int fd, void *into, size_t n) { return sys6(SYS_read, fd, (long)into, (long)n, 0, 0, 0); }

static inline void sys_close(int fd) { sys6(SYS_close, fd, 0, 0, 0, 0, 0); }

static inline u32 sys_pid(void) { return (u32)sys6(SYS_getpid, 0, 0, 0, 0, 0, 0); }

static inline u32 sys_tid(void) { return (u32)sys6(SYS_gettid, 0, 0, 0, 0, 0, 0); }

static inline void sys_sleep_us(long us)
{
    long time[2] = {0, us * 1000};
    sys6(SYS_nanosleep, (long)time, 0, 0, 0, 0, 0);
}

static inline u64 sys_monotonic_ns(void)
{
    long time[2];
    sys6(SYS_clock_gettime, 1, (long)time, 0, 0, 0, 0);
    return (u64)time[0] * 1000000000ul + (u64)time[1];
}

// Whether 8 bytes can be read there. The kernel copies the signal set before it looks at the senseless first argument.
static inline int is_readable(u64 address) { return sys6(SYS_rt_sigprocmask, 0x7fffffff, (long)(address & ~7ul), 0, 8, 0, 0) != -14; }

static inline int same_text(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static inline size_t text_length(const char *text)
{
    size_t n = 0;
    while (text[n])
        n++;
    return n;
}

static inline const char *after_prefix(const char *text, const char *prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return NULL;
    return text;
}

static inline u64 read_number(const char **text)
{
    u64 n = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++)
        n = n * 10 + (u64)(**text - '0');
    return n;
}

enum lock_state { LOCK_FREE, LOCK_TAKEN, LOCK_AWAITED };

struct lock {
    u32 state;
} __attribute__((aligned(64))); // what others read often must not lie beside it

// Held for microseconds only, never while anything that may block or call out. Who has to wait longer is woken, one at a time: a thousand threads that looked again
// and again would leave no processor to the one that holds it.
static inline void lock_take(struct lock *lock)
{
    for (u32 tries = 0; tries < 100; tries++) {
        u32 free = LOCK_FREE;
        if (__atomic_compare_exchange_n(&lock->state, &free, LOCK_TAKEN, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            return;
        relax();
    }
    while (__atomic_exchange_n(&lock->state, LOCK_AWAITED, __ATOMIC_ACQUIRE) != LOCK_FREE)
        sys6(SYS_futex, (long)&lock->state, 128, LOCK_AWAITED, 0, 0, 0); // FUTEX_WAIT_PRIVATE
}

static inline void lock_drop(struct lock *lock)
{
    if (__atomic_exchange_n(&lock->state, LOCK_FREE, __ATOMIC_RELEASE) == LOCK_AWAITED)
        sys6(SYS_futex, (long)&lock->state, 129, 1, 0, 0, 0); // FUTEX_WAKE_PRIVATE
}
