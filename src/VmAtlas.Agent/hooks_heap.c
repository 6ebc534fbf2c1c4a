// malloc and its kin, operator new and delete.
//
// An allocator may be built on another that is watched too: libstdc++'s operator new calls malloc. Such a block is recorded once, by the inner
// hook. The outer one sees that from the address recorded last, and operator delete says which block it is about to give back.
#include "hooks.h"

static inline void record_new_block(struct thread *self, enum function function, void *block, size_t size, const struct where *caller)
{
    self = thread_enter_as(self);
    if (likely(self != NULL)) {
        if (likely(self->recorded != (u64)block))
            record_alloc(self, function, (u64)block, size, caller);
        thread_leave(self);
    }
}

// An inner hook that records sets it again.
static inline struct thread *expect_nothing(void)
{
    struct thread *self = t_self;
    if (likely(self != NULL))
        self->recorded = 0;
    return self;
}

static COLD void sampled_block(enum function function, void *block, size_t size, const struct where *caller)
{
    struct thread *self = thread_enter();
    if (!self)
        return;
    if (self->recorded != (u64)block && sample_due(self, size)) {
        sampled_add((u64)block);
        record_alloc(self, function, (u64)block, size, caller);
    }
    thread_leave(self);
}

// Counts down to the next sample; the block that reaches it is recorded.
static inline int sample_now(size_t size)
{
    struct thread *self = t_self;
    if (unlikely(!self || self->session_serial != g_zeroed.state.session_serial))
        return 1;
    if ((i64)size < 0)
        return 0; // no allocator gives so much
    return unlikely((self->sample_left -= (i64)size) < 0);
}

// Sampled, nearly every call is none of ours: its hook leaves by a jump and keeps nothing on the stack meanwhile, which is why what is seldom stands in a
// function of its own. That one is jumped to as well, and so finds the caller where the hook itself would.
#define SELDOM static __attribute__((noinline))

static inline int is_passed_by(size_t size)
{
    if (unlikely(g_mode != MODE_SAMPLED))
        return 0;
    struct thread *self = t_self;
    if (unlikely(!self || self->session_serial != g_zeroed.state.session_serial))
        return 0;
    i64 left = self->sample_left - (i64)size;
    if (unlikely((left | (i64)size) < 0))
        return 0;
    self->sample_left = left;
    return 1;
}

static inline int is_unsampled(void *block) { return likely(g_mode == MODE_SAMPLED) && likely(!may_be_sampled((u64)block)); }

#define ALLOCATE(hook, function, size, call)                                            \
    u32 mode = mode_now();                                                              \
    if (likely(mode == MODE_EXACT)) {                                                   \
        struct thread *self = expect_nothing();                                         \
        void *block = call;                                                             \
        if (likely(block != NULL)) {                                                    \
            struct where caller = CALLER_FRAME();                                       \
            record_new_block(self, function, block, size, &caller);                     \
        }                                                                               \
        return block;                                                                   \
    }                                                                                   \
    if (mode == MODE_SAMPLED && sample_now(size)) {                                     \
        expect_nothing();                                                               \
        void *block = call;                                                             \
        if (block != NULL) {                                                            \
            struct where caller = CALLER_FRAME();                                       \
            sampled_block(function, block, size, &caller);                              \
        }                                                                               \
        return block;                                                                   \
    }                                                                                   \
    return call

#define DEFINE_Malloc(name)                                                             \
    SELDOM void *watched_##name(size_t size)                                            \
    {                                                                                   \
        ALLOCATE(HOOK_##name, FN_MALLOC, size, ((void *(*)(size_t))real(HOOK_##name))(size)); \
    }                                                                                   \
    void *hook_##name(size_t size)                                                      \
    {                                                                                   \
        void *(*behind)(size_t) = g_real[HOOK_##name];                                  \
        return likely(behind) && likely(is_passed_by(size)) ? behind(size) : watched_##name(size); \
    }                                                                                   \
    DEFINE(name);

#define DEFINE_Calloc(name)                                                             \
    SELDOM void *watched_##name(size_t count, size_t each)                              \
    {                                                                                   \
        ALLOCATE(HOOK_##name, FN_CALLOC, count *each, ((void *(*)(size_t, size_t))real(HOOK_##name))(count, each)); \
    }                                                                                   \
    void *hook_##name(size_t count, size_t each)                                        \
    {                                                                                   \
        void *(*behind)(size_t, size_t) = g_real[HOOK_##name];                          \
        return likely(behind) && likely(is_passed_by(count *each)) ? behind(count, each) : watched_##name(count, each); \
    }                                                                                   \
    DEFINE(name);

#define DEFINE_Aligned(name, function)                                                  \
    void *hook_##name(size_t alignment, size_t size)                                    \
    {                                                                                   \
        ALLOCATE(HOOK_##name, function, size, ((void *(*)(size_t, size_t))real(HOOK_##name))(alignment, size)); \
    }                                                                                   \
    DEFINE(name);

#define DEFINE_AlignedAlloc(name) DEFINE_Aligned(name, FN_ALIGNED_ALLOC)
#define DEFINE_Memalign(name) DEFINE_Aligned(name, FN_MEMALIGN)

#define DEFINE_OneSize(name, function)                                                  \
    void *hook_##name(size_t size)                                                      \
    {                                                                                   \
        ALLOCATE(HOOK_##name, function, size, ((void *(*)(size_t))real(HOOK_##name))(size)); \
    }                                                                                   \
    DEFINE(name);

#define DEFINE_Valloc(name) DEFINE_OneSize(name, FN_VALLOC)
#define DEFINE_Pvalloc(name) DEFINE_OneSize(name, FN_PVALLOC)

#define DEFINE_PosixMemalign(name)                                                      \
    int hook_##name(void **block, size_t alignment, size_t size)                        \
    {                                                                                   \
        u32 mode = mode_now();                                                          \
        struct thread *self = mode != MODE_OFF ? expect_nothing() : NULL;               \
        int result = ((int (*)(void **, size_t, size_t))real(HOOK_##name))(block, alignment, size); \
        if (result == 0 && mode != MODE_OFF && *block) {                                \
            struct where caller = CALLER_FRAME();                                       \
            if (mode == MODE_EXACT)                                                     \
                record_new_block(self, FN_POSIX_MEMALIGN, *block, size, &caller);       \
            else if (sample_now(size))                                                  \
                sampled_block(FN_POSIX_MEMALIGN, *block, size, &caller);                \
        }                                                                               \
        return result;                                                                  \
    }                                                                                   \
    DEFINE(name);

static void exact_free(struct thread *self, enum word_kind kind, u64 block)
{
    self = thread_enter_as(self);
    if (likely(self != NULL)) {
        record_free(self, kind, block);
        thread_leave(self);
    }
}

// ---- realloc ----

typedef void *realloc_function(void *, size_t);

// One event with two moments: the old block may belong to another thread before the new one is known.
static void *exact_realloc(realloc_function *real_realloc, enum function function, void *old, size_t size, const struct where *caller)
{
    struct thread *self = thread_enter();
    if (!self)
        return real_realloc(old, size);
    u64 released = announce(self, (u64)old);
    self->recorded = 0;
    thread_leave(self);
    void *block = real_realloc(old, size);
    u64 inner = self->recorded;
    if (!(self = thread_enter()))
        return block;
    if (block && block == (void *)inner)
        ; // recorded by the allocator underneath
    else if (block)
        record_long(self, &(struct long_event){
            .function = function, .address = (u64)block, .size = size, .old_address = (u64)old, .released_ticks = released}, caller);
    else if (size == 0) // realloc(p, 0) gives p back
        record_long(self, &(struct long_event){.function = FN_FREE, .old_address = (u64)old, .released_ticks = released}, NULL);
    announce_nothing(self);
    thread_leave(self);
    return block;
}

static void *sampled_realloc(realloc_function *real_realloc, enum function function, void *old, size_t size, const struct where *caller)
{
    if (may_be_sampled((u64)old) && sampled_take((u64)old)) {
        // As free and malloc: should it fail, a block that lives on is taken for gone.
        exact_free(t_self, WORD_FREE, (u64)old);
    }
    void *block = real_realloc(old, size);
    if (block && sample_now(size))
        sampled_block(function, block, size, caller);
    return block;
}

static inline void *any_realloc(enum hook hook, realloc_function *behind, enum function function, void *old, size_t size, const struct where *caller)
{
    (void)hook;
    u32 mode = mode_now();
    if (mode == MODE_OFF)
        return behind(old, size);
    if (mode == MODE_SAMPLED)
        return sampled_realloc(behind, function, old, size, caller);
    if (old)
        return exact_realloc(behind, function, old, size, caller);
    struct thread *self = expect_nothing();
    void *block = behind(NULL, size);
    if (block)
        record_new_block(self, function, block, size, caller);
    return block;
}

#define DEFINE_Realloc(name)                                                            \
    void *hook_##name(void *old, size_t size)                                           \
    {                                                                                   \
        struct where caller = CALLER_FRAME();                                           \
        return any_realloc(HOOK_##name, real(HOOK_##name), FN_REALLOC, old, size, &caller); \
    }                                                                                   \
    DEFINE(name);

// glibc's calls realloc through our hook, so only the overflow, which sets errno, is left to it.
#define DEFINE_Reallocarray(name)                                                       \
    void *hook_##name(void *old, size_t count, size_t each)                             \
    {                                                                                   \
        size_t size;                                                                    \
        if (__builtin_mul_overflow(count, each, &size))                                 \
            return ((void *(*)(void *, size_t, size_t))real(HOOK_##name))(old, count, each); \
        struct where caller = CALLER_FRAME();                                           \
        return any_realloc(HOOK_##name, real(HOOK_realloc), FN_REALLOCARRAY, old, size, &caller); \
    }                                                                                   \
    DEFINE(name);

// ---- free ----

static COLD void sampled_free(enum word_kind kind, u64 block)
{
    if (sampled_take(block))
        exact_free(t_self, kind, block);
}

#define RECORD_FREE(self, kind, block)                                                  \
    if (likely(mode == MODE_EXACT)) {                                                   \
        if (likely(block != NULL))                                                      \
            exact_free(self, kind, (u64)block);                                         \
    } else if (mode == MODE_SAMPLED && unlikely(may_be_sampled((u64)block))) \
        sampled_free(kind, (u64)block)

#define DEFINE_Free(name)                                                               \
    SELDOM void watched_##name(void *block)                                             \
    {                                                                                   \
        u32 mode = mode_now();                                                          \
        if (likely(mode == MODE_EXACT)) {                                               \
            struct thread *self = t_self;                                               \
            if (unlikely(self && self->freeing == (u64)block && block))                 \
                self->freeing = 0;                                                      \
            else if (likely(block != NULL))                                             \
                exact_free(self, WORD_FREE, (u64)block);                                \
        } else if (mode == MODE_SAMPLED && unlikely(may_be_sampled((u64)block))) \
            sampled_free(WORD_FREE, (u64)block);                                        \
        ((void (*)(void *))real(HOOK_##name))(block);                                   \
    }                                                                                   \
    void hook_##name(void *block)                                                       \
    {                                                                                   \
        void (*behind)(void *) = g_real[HOOK_##name];                                   \
        if (likely(behind) && is_unsampled(block))                                      \
            behind(block);                                                              \
        else                                                                            \
            watched_##name(block);                                                      \
    }                                                                                   \
    DEFINE(name);

// An operator of the program's own may take memory from anywhere: exactly recorded, the address tells. Sampling assumes that it calls malloc.
static inline int is_malloc_recording(enum hook hook, u32 mode)
{
    return g_passing[hook] == THROUGH_MALLOC || (g_passing[hook] == PERHAPS_THROUGH_MALLOC && mode == MODE_SAMPLED);
}

#define DELETE(name, kind)                                                              \
    SELDOM void watched_##name(void *block, size_t a, size_t b)                         \
    {                                                                                   \
        void (*behind)(void *, size_t, size_t) = real(HOOK_##name);                     \
        u32 mode = mode_now();                                                          \
        if (likely(is_malloc_recording(HOOK_##name, mode))) {                           \
            behind(block, a, b);                                                        \
            return;                                                                     \
        }                                                                               \
        struct thread *self = t_self;                                                   \
        RECORD_FREE(self, kind, block);                                                 \
        self = t_self;                                                                  \
        if (unlikely(mode == MODE_OFF || !self)) {                                      \
            behind(block, a, b);                                                        \
            return;                                                                     \
        }                                                                               \
        self->freeing = (u64)block;                                                     \
        ((void (*)(void *, size_t, size_t))real(HOOK_##name))(block, a, b);             \
        self->freeing = 0;                                                              \
    }                                                                                   \
    void hook_##name(void *block, size_t a, size_t b)                                   \
    {                                                                                   \
        void (*behind)(void *, size_t, size_t) = g_real[HOOK_##name];                   \
        if (likely(behind) && is_malloc_recording(HOOK_##name, g_mode))                 \
            behind(block, a, b);                                                        \
        else                                                                            \
            watched_##name(block, a, b);                                                \
    }                                                                                   \
    DEFINE(name);

#define DEFINE_Delete(name) DELETE(name, WORD_DELETE)
#define DEFINE_DeleteArray(name) DELETE(name, WORD_DELETE_ARRAY)

// ---- operator new ----

#define NEW(name, function)                                                             \
    SELDOM void *watched_##name(size_t size, size_t a, size_t b)                        \
    {                                                                                   \
        void *(*behind)(size_t, size_t, size_t) = real(HOOK_##name);                    \
        if (likely(is_malloc_recording(HOOK_##name, g_mode)))                           \
            return behind(size, a, b);                                                  \
        ALLOCATE(HOOK_##name, function, size, behind(size, a, b));                      \
    }                                                                                   \
    void *hook_##name(size_t size, size_t a, size_t b)                                  \
    {                                                                                   \
        void *(*behind)(size_t, size_t, size_t) = g_real[HOOK_##name];                  \
        return likely(behind) && is_malloc_recording(HOOK_##name, g_mode) ? behind(size, a, b) : watched_##name(size, a, b); \
    }                                                                                   \
    DEFINE(name);

#define DEFINE_New(name) NEW(name, FN_NEW)
#define DEFINE_New2(name) NEW(name, FN_NEW)
#define DEFINE_New3(name) NEW(name, FN_NEW)
#define DEFINE_NewArray(name) NEW(name, FN_NEW_ARRAY)
#define DEFINE_NewArray2(name) NEW(name, FN_NEW_ARRAY)
#define DEFINE_NewArray3(name) NEW(name, FN_NEW_ARRAY)

#define X(name, kind) DEFINE_##kind(name)
HEAP_NAMES(X)
NEW_NAMES(X)
DELETE_NAMES(X)
