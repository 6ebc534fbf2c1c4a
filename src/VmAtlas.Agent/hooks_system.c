// Mappings, the heap's end, shared memory: what goes through the C library's functions. What libc and the loader do inside goes by no hook.
#include "hooks.h"

static inline int recording(void) { return mode_now() != MODE_OFF; }

#define IS_ERROR(p) ((u64)(p) == ~0ul)

static void record_after(const struct long_event *event, const struct where *caller)
{
    struct thread *self = thread_enter();
    if (!self)
        return;
    record_long(self, event, caller);
    thread_leave(self);
}

// 0 when nothing can be recorded: then nothing was announced either.
static u64 announce_release(void)
{
    struct thread *self = thread_enter();
    if (!self)
        return 0;
    u64 released = announce(self, 0);
    thread_leave(self);
    return released;
}

static void record_release(int done, const struct long_event *event, const struct where *caller)
{
    struct thread *self = thread_enter();
    if (!self)
        return;
    if (done)
        record_long(self, event, caller);
    announce_nothing(self);
    thread_leave(self);
}

static u32 shared_bit(int flags) { return flags & 3 ? (flags & 1 ? 8u : 0u) : 0u; }

#define DEFINE_Mmap(name)                                                                                                   \
    void *hook_##name(void *hint, size_t size, int protection, int flags, int fd, off_t offset)                             \
    {                                                                                                                       \
        void *at = ((void *(*)(void *, size_t, int, int, int, off_t))real(HOOK_##name))(hint, size, protection, flags, fd, offset); \
        if (recording() && !IS_ERROR(at)) {                                                                                 \
            struct where caller = CALLER_FRAME();                                                                           \
            record_after(&(struct long_event){.function = FN_MMAP, .protection = (u32)(protection & 7) | shared_bit(flags),  \
                .address = (u64)at, .size = size}, &caller);                                                                \
        }                                                                                                                   \
        return at;                                                                                                          \
    }                                                                                                                       \
    DEFINE(name);

// Whoever unmaps all it finds in /proc/self/maps would unmap what the next hook writes to: that stays, and all else goes.
static int unmap_but_ours(int (*unmap)(void *, size_t), u64 at, u64 size)
{
    u64 end = at + size, ours_end = 0, ours = ours_from(at, &ours_end);
    if (likely(ours >= end || end < at))
        return unmap((void *)at, size);
    while (at < end) {
        if (at < ours && unmap((void *)at, (ours < end ? ours : end) - at))
            return -1;
        at = ours < end ? ours_end : end;
        ours = ours_from(at, &ours_end);
    }
    return 0;
}

#define DEFINE_Munmap(name)                                                                                                 \
    int hook_##name(void *at, size_t size)                                                                                  \
    {                                                                                                                       \
        u64 released = recording() ? announce_release() : 0;                                                                \
        int result = unmap_but_ours((int (*)(void *, size_t))real(HOOK_##name), (u64)at, size);                             \
        if (released) {                                                                                                     \
            struct where caller = CALLER_FRAME();                                                                           \
            record_release(result == 0, &(struct long_event){.function = FN_MUNMAP, .old_address = (u64)at, .old_size = size, \
                .released_ticks = released}, &caller);                                                                      \
        }                                                                                                                   \
        return result;                                                                                                      \
    }                                                                                                                       \
    DEFINE(name);

#define DEFINE_Mremap(name)                                                                                                 \
    void *hook_##name(void *old, size_t old_size, size_t size, int flags, void *to)                                         \
    {                                                                                                                       \
        void *at = ((void *(*)(void *, size_t, size_t, int, void *))real(HOOK_##name))(old, old_size, size, flags, to);      \
        if (recording() && !IS_ERROR(at)) {                                                                                 \
            struct where caller = CALLER_FRAME();                                                                           \
            record_after(&(struct long_event){.function = FN_MREMAP, .address = (u64)at, .size = size, .old_address = (u64)old, \
                .old_size = old_size}, &caller);                                                                            \
        }                                                                                                                   \
        return at;                                                                                                          \
    }                                                                                                                       \
    DEFINE(name);

#define DEFINE_Mprotect(name)                                                                                               \
    int hook_##name(void *at, size_t size, int protection)                                                                  \
    {                                                                                                                       \
        int result = ((int (*)(void *, size_t, int))real(HOOK_##name))(at, size, protection);                               \
        if (recording() && result == 0) {                                                                                   \
            struct where caller = CALLER_FRAME();                                                                           \
            record_after(&(struct long_event){.function = FN_MPROTECT, .protection = (u32)protection & 7, .address = (u64)at, \
                .size = size}, &caller);                                                                                    \
        }                                                                                                                   \
        return result;                                                                                                      \
    }                                                                                                                       \
    DEFINE(name);

#define DEFINE_Brk(name)                                                                                                    \
    int hook_##name(void *end)                                                                                              \
    {                                                                                                                       \
        void *(*where_is)(long) = real(HOOK_sbrk);                                                                          \
        void *before = recording() ? where_is(0) : NULL;                                                                    \
        int result = ((int (*)(void *))real(HOOK_##name))(end);                                                             \
        if (before && result == 0) {                                                                                        \
            struct where caller = CALLER_FRAME();                                                                           \
            record_after(&(struct long_event){.function = FN_BRK, .address = (u64)end, .old_address = (u64)before}, &caller); \
        }                                                                                                                   \
        return result;                                                                                                      \
    }                                                                                                                       \
    DEFINE(name);

#define DEFINE_Sbrk(name)                                                                                                   \
    void *hook_##name(long by)                                                                                              \
    {                                                                                                                       \
        void *before = ((void *(*)(long))real(HOOK_##name))(by);                                                            \
        if (by && recording() && !IS_ERROR(before)) {                                                                       \
            struct where caller = CALLER_FRAME();                                                                           \
            record_after(&(struct long_event){.function = FN_SBRK, .address = (u64)before + (u64)by, .old_address = (u64)before}, &caller); \
        }                                                                                                                   \
        return before;                                                                                                      \
    }                                                                                                                       \
    DEFINE(name);

#define DEFINE_Shmat(name)                                                                                                  \
    void *hook_##name(int id, const void *hint, int flags)                                                                  \
    {                                                                                                                       \
        void *at = ((void *(*)(int, const void *, int))real(HOOK_##name))(id, hint, flags);                                 \
        if (recording() && !IS_ERROR(at)) {                                                                                 \
            struct where caller = CALLER_FRAME();                                                                           \
            record_after(&(struct long_event){.function = FN_SHMAT, .protection = (flags & 010000 ? 1u : 3u) | 8u, .address = (u64)at, \
                .size = size_of_shared(id)}, &caller);                                                                      \
        }                                                                                                                   \
        return at;                                                                                                          \
    }                                                                                                                       \
    DEFINE(name);

#define DEFINE_Shmdt(name)                                                                                                  \
    int hook_##name(const void *at)                                                                                         \
    {                                                                                                                       \
        u64 released = recording() ? announce_release() : 0;                                                                \
        int result = ((int (*)(const void *))real(HOOK_##name))(at);                                                        \
        if (released) {                                                                                                     \
            struct where caller = CALLER_FRAME();                                                                           \
            record_release(result == 0, &(struct long_event){.function = FN_SHMDT, .old_address = (u64)at, .released_ticks = released}, &caller); \
        }                                                                                                                   \
        return result;                                                                                                      \
    }                                                                                                                       \
    DEFINE(name);

// Strict seccomp, and a counter that may not be read, would end the program at our next event: before either it goes on as if we were not there.
#define DEFINE_Prctl(name)                                                                                                  \
    int hook_##name(int option, u64 a, u64 b, u64 c, u64 d)                                                                 \
    {                                                                                                                       \
        enum { SetSeccomp = 22, Strict = 1, SetTsc = 26, TscFaults = 2 };                                                   \
        if (recording() && ((option == SetSeccomp && a == Strict) || (option == SetTsc && a == TscFaults)))                  \
            agent_give_up();                                                                                                \
        return ((int (*)(int, u64, u64, u64, u64))real(HOOK_##name))(option, a, b, c, d);                                   \
    }                                                                                                                       \
    DEFINE(name);

// IPC_STAT: shm_segsz stands behind struct ipc_perm.
static u64 size_of_shared(int id)
{
    u64 segment[16] = {0};
    return failed(sys6(SYS_shmctl, id, 2, (long)segment, 0, 0, 0)) ? 0 : segment[6];
}

#define X(name, kind) DEFINE_##kind(name)
SYSTEM_NAMES(X)
