// The functions that are watched. Each name is a hook of its own with its own real function behind it; several may do the same.
#pragma once
#include "agent.h"

// malloc and its like under the names allocators give them besides.
#define HEAP_NAMES(X)                                                                                                       \
    X(malloc, Malloc) X(je_malloc, Malloc) X(mi_malloc, Malloc) X(tc_malloc, Malloc)                                       \
    X(calloc, Calloc) X(je_calloc, Calloc) X(mi_calloc, Calloc) X(tc_calloc, Calloc)                                       \
    X(realloc, Realloc) X(je_realloc, Realloc) X(mi_realloc, Realloc) X(tc_realloc, Realloc)                               \
    X(reallocarray, Reallocarray)                                                                                          \
    X(posix_memalign, PosixMemalign) X(je_posix_memalign, PosixMemalign) X(mi_posix_memalign, PosixMemalign)               \
    X(tc_posix_memalign, PosixMemalign)                                                                                    \
    X(aligned_alloc, AlignedAlloc) X(je_aligned_alloc, AlignedAlloc) X(mi_aligned_alloc, AlignedAlloc)                     \
    X(memalign, Memalign) X(je_memalign, Memalign) X(mi_memalign, Memalign) X(tc_memalign, Memalign)                       \
    X(valloc, Valloc) X(je_valloc, Valloc) X(mi_valloc, Valloc) X(tc_valloc, Valloc)                                       \
    X(pvalloc, Pvalloc) X(tc_pvalloc, Pvalloc) X(mi_pvalloc, Pvalloc)                                                      \
    X(free, Free) X(cfree, Free) X(je_free, Free) X(mi_free, Free) X(tc_free, Free)

// operator new and delete as the Itanium ABI spells them; tcmalloc's C names for them.
#define NEW_NAMES(X)                                                                                                        \
    X(_Znwm, New) X(_Znam, NewArray) X(_ZnwmRKSt9nothrow_t, New2) X(_ZnamRKSt9nothrow_t, NewArray2)                        \
    X(_ZnwmSt11align_val_t, New2) X(_ZnamSt11align_val_t, NewArray2)                                                       \
    X(_ZnwmSt11align_val_tRKSt9nothrow_t, New3) X(_ZnamSt11align_val_tRKSt9nothrow_t, NewArray3)                           \
    X(tc_new, New) X(tc_newarray, NewArray) X(mi_new, New) X(mi_new_nothrow, New)

#define DELETE_NAMES(X)                                                                                                     \
    X(_ZdlPv, Delete) X(_ZdaPv, DeleteArray) X(_ZdlPvm, Delete) X(_ZdaPvm, DeleteArray)                                    \
    X(_ZdlPvRKSt9nothrow_t, Delete) X(_ZdaPvRKSt9nothrow_t, DeleteArray)                                                   \
    X(_ZdlPvSt11align_val_t, Delete) X(_ZdaPvSt11align_val_t, DeleteArray)                                                 \
    X(_ZdlPvmSt11align_val_t, Delete) X(_ZdaPvmSt11align_val_t, DeleteArray)                                               \
    X(_ZdlPvSt11align_val_tRKSt9nothrow_t, Delete) X(_ZdaPvSt11align_val_tRKSt9nothrow_t, DeleteArray)                     \
    X(tc_delete, Delete) X(tc_deletearray, DeleteArray)

#define SYSTEM_NAMES(X)                                                                                                     \
    X(mmap, Mmap) X(mmap64, Mmap) X(munmap, Munmap) X(mremap, Mremap) X(mprotect, Mprotect) X(brk, Brk) X(sbrk, Sbrk)      \
    X(shmat, Shmat) X(shmdt, Shmdt) X(prctl, Prctl)

#define LOADER_NAMES(X) X(dlopen, Jump) X(dlmopen, Jump) X(dlsym, Jump) X(dlclose, Dlclose)

#define EXEC_NAMES(X)                                                                                                       \
    X(execve, Execve) X(execvpe, Execve) X(fexecve, Fexecve) X(execveat, Execveat) X(execv, Execv) X(execvp, Execv)        \
    X(execl, Jump) X(execlp, Jump)

#define END_NAMES(X) X(_exit, Exit) X(_Exit, Exit)

#define ALL_NAMES(X) HEAP_NAMES(X) NEW_NAMES(X) DELETE_NAMES(X) SYSTEM_NAMES(X) LOADER_NAMES(X) EXEC_NAMES(X) END_NAMES(X)

enum hook {
#define X(name, kind) HOOK_##name,
    ALL_NAMES(X)
#undef X
    HOOK_COUNT
};

extern void *g_real[HOOK_COUNT];

// What a hook does first: nothing costs more than one load while recording is on.
static inline u32 mode_now(void)
{
    u32 mode = g_mode;
    if (unlikely(mode == MODE_OFF)) {
        if (unlikely(!load_acquire(&g_agent.initialized)))
            agent_initialize();
        else if (unlikely(g_agent.was_recording))
            agent_revive();
        mode = g_mode;
    }
    return mode;
}

// The exported name is another name of the local function, so that its address is ours whoever else defines the name.
#define DEFINE(name) __asm__(".globl " #name "\n.set " #name ", hook_" #name "\n")

COLD void *resolve(enum hook hook);

// How operator new and delete get their memory.
enum passing { PASSING_UNKNOWN, DIRECTLY, THROUGH_MALLOC, PERHAPS_THROUGH_MALLOC };

extern u8 g_passing[HOOK_COUNT];

static inline void *real(enum hook hook)
{
    void *function = g_real[hook];
    return likely(function != NULL) ? function : resolve(hook);
}
