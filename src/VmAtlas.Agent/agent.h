#pragma once
#include "session.h"

// ---- what one thread keeps (thread.c) ----

#define MAX_DEPTH 4096

// A frame of the last unwound stack. 0 is the outermost.
struct frame {
    u64 pc, sp, fp;
    u64 found_at; // the word of the stack that holds pc: where the frame it called found it. Nothing for the innermost
    u64 hash;     // of this frame and all its callers
    u16 slots;    // how many of the slots, besides the words at found_at, prove this frame's callers
    u16 level;    // how many frames that are shown there are up to this one
    u8 needs_fp;  // its callers were found by its frame pointer
    u8 hidden;    // our own code
    u8 kind;      // enum node_kind
};

// How a frame's caller was found: what of the stack was read, and what the frame pointer was for.
enum use {
    READS_RA = 1, READS_FP = 2, READS_CFA = 4, USES_FP = 8, KEEPS_FP = 16,
    HIDDEN = 32,  // our own code
    BARRIER = 64, // left the stack, or crossed a signal: can not be checked later
    FROM_NULL = 128, // there is no caller because the word at ra_at says so
};

// A frame just walked; the one behind it in the list is its caller.
struct fresh {
    u64 pc, sp, fp, hash;
    u64 ra_at, fp_at, cfa_at;
    u32 use, kind;
};

struct slot {
    const u64 *at;
    u64 value;
};

struct thread {
    struct ring *ring;
    u64 *words;
    u64 head, room_until, stamp;
    u64 beat;        // of the viewer when `stamp` was taken
    u32 since_stamp; // events that share it
    u32 number;      // of the ring
    u32 session_serial;
    u32 busy;
    u64 freeing;  // the block operator delete is giving back
    u64 recorded; // the block recorded last
    u64 dlopen_sp; // the stack where dlopen was called, until what it brought was looked at
    void *handed_out;
    u64 cache_epoch;
    i64 sample_left;
    u64 random;
    u64 known_from, known_to; // stack that was found readable
    u32 depth, count;         // frames still provable, frames of the last stack
    u64 last_hash;
    u32 last_site;
    u16 kept_with[1024]; // by stack pointer: a frame that may have it
    struct frame frames[MAX_DEPTH];
    struct slot slots[3 * MAX_DEPTH];
    struct fresh fresh[MAX_DEPTH + 1];
};

// ---- the agent as a whole (agent.c) ----

enum mode { MODE_OFF, MODE_EXACT, MODE_SAMPLED };

// On a page that a forked child finds zeroed, however it was forked: the child records nothing unless it opens a session of its own, and no lock is held there by a
// thread that it has not.
struct child_zeroed {
    u32 mode;
    u32 session_serial; // 0: nothing is recorded
    struct lock patch, sampled, rules, checked, nodes, modules, rings;
};

extern union zeroed_page {
    struct child_zeroed state;
    u8 page[PAGE];
} g_zeroed;
#define g_mode (g_zeroed.state.mode)

struct agent {
    u32 initialized;
    u32 was_recording; // a fork of this process may want a session
    u32 session_serial;
    u32 owner_pid;
    int fd;
    u32 viewer_pid, viewer_fd;
    u64 fd_identity[2];
    u32 clock_is_ns;
    u32 has_threads; // a second thread has recorded
    u32 launched;
    struct session *session;
    u64 session_at; // offset of the session in the file
    u64 code_start, code_end;
};

extern struct agent g_agent;

// Reads the environment and starts recording where it asks for it. Called by the first hook that finds the agent not initialized.
void agent_initialize(void);
// In a hook that finds recording off: true when this is a forked child that now has its own session.
int agent_revive(void);
void *map_of_session(u64 offset, size_t size);
void agent_stop_recording(void);
void agent_give_up(void);
// Where the first of our own mappings begins that ends behind an address, and where it ends; all ones when there is none.
u64 ours_from(u64 from, u64 *to);
// Just before exec in the traced process, and when it failed.
char **agent_before_exec(char **environment);
void agent_after_exec(void);
// The process is about to end.
void agent_before_exit(void);

// Before a block is given back and after one was got. One thread alone need not wait for its own loads.
static inline u64 stamp(void)
{
    if (unlikely(g_agent.clock_is_ns))
        return sys_monotonic_ns();
    return g_agent.has_threads ? ticks_ordered() : ticks_unordered();
}

// ---- events (ring.c) ----

extern __thread struct thread *t_self;

COLD struct thread *thread_register(void);

// The calling thread, ready to record; NULL when it can not. `self` is what t_self said, which is not asked twice: each look costs a call.
static inline struct thread *thread_enter_as(struct thread *self)
{
    if (unlikely(!self || self->session_serial != g_zeroed.state.session_serial))
        self = thread_register();
    if (unlikely(!self))
        return NULL;
    if (unlikely(self->busy)) {
        self->ring->dropped++; // a signal handler came in the middle of recording
        return NULL;
    }
    self->busy = 1;
    compiler_fence();
    return self;
}

static inline struct thread *thread_enter(void) { return thread_enter_as(t_self); }

static inline void thread_leave(struct thread *self)
{
    compiler_fence();
    self->busy = 0;
}

void record_alloc(struct thread *self, enum function function, u64 address, u64 size, const struct where *caller);
void record_free(struct thread *self, enum word_kind kind, u64 address);

struct long_event {
    enum function function;
    u32 protection;
    u64 address, size, old_address, old_size, released_ticks;
};

void record_long(struct thread *self, const struct long_event *event, const struct where *caller);
void forget_who_was_last(void);
// A thread that will publish an event with an earlier moment in it says so before that moment.
u64 announce(struct thread *self, u64 block);
void announce_nothing(struct thread *self);

// ---- stacks (unwind.c, cfi.c, nodes.c) ----

enum rule_kind { RULE_UNKNOWN, RULE_END, RULE_SP, RULE_FP /* SP | 1 */, RULE_FP_DEREF, RULE_SIGNAL, RULE_NO_TABLE, RULE_LOST };

// How to get from a frame to its caller, in one word; all zero (RULE_UNKNOWN) is an empty place of the cache.
// kind 4 | saved frame pointer lies by the frame pointer, not the CFA 1 | enum use 8 | return address from the CFA 13 | saved frame pointer 13, both in
// words | CFA 25, in bytes
typedef u64 rule;

#define RULE_FP_BY_FP 16u
#define RULE_USE_AT 5
#define RULE_RA_AT 13
#define RULE_FP_AT 26
#define RULE_CFA_AT 39

static inline u32 rule_kind(rule r) { return (u32)r & 15; }
static inline u32 rule_use(rule r) { return (u32)r >> RULE_USE_AT & 255; }
static inline u64 rule_ra(rule r) { return (u64)((i64)(r << (64 - RULE_FP_AT)) >> 51) * 8; }
static inline u64 rule_fp(rule r) { return (u64)((i64)(r << (64 - RULE_CFA_AT)) >> 51) * 8; }
static inline u64 rule_cfa(rule r) { return (u64)((i64)r >> RULE_CFA_AT); }

u64 unwind(struct thread *self, const struct where *from);
void rules_forget(u64 start, u64 end);
u32 site_of(struct thread *self, u64 hash);
rule rule_from_table(u64 pc, const u8 *eh_frame_hdr);
void nodes_reset(void);

// ---- modules and symbols (modules.c, elf.c) ----

struct module {
    u64 start, end, bias;
    const u8 *eh_frame_hdr;
    u64 identity;
};

// NULL where no file's code lies.
const struct module *module_of(u64 pc);
void modules_initialize(void);
void modules_reset(void);
void modules_closed(void); // after dlclose
extern u64 g_stack_seed;   // changes when code of another file may lie where some was

struct link_map {
    u64 l_addr;
    const char *l_name;
    u64 *l_ld;
    struct link_map *l_next, *l_prev;
};

struct link_map *elf_modules(void);
void *elf_symbol(const char *name);
void *elf_symbol_and_module(const char *name, struct link_map **module);
void elf_initialize(void);
char **elf_environment(void);
void elf_set_environment(char **environment);

// ---- hooks ----

void hooks_resolve(void);
void *hook_for_name(const char *name, void **real);
void patch_new_modules(void);
void patches_forget_closed(void);
void patch_after_dlopen(struct thread *self, u64 sp);
void unpatch_all(void);

// ---- sampling (sample.c) ----

int sample_due(struct thread *self, u64 size);
void sample_initialize(void);
void sampled_add(u64 address);
int sampled_take(u64 address); // true when it was a sampled block
// A bit a slot, set where it has a sampled block: every free looks, so all of it is 2 KiB of the first-level cache, which is the program's.
#define SAMPLED_SLOTS 16384u
extern u64 g_sampled_bits[SAMPLED_SLOTS / 64];
static inline u32 sampled_slot(u64 address) { return (u32)((address >> 4 ^ address >> 18) & (SAMPLED_SLOTS - 1)); }
static inline int may_be_sampled(u64 address)
{
    u32 slot = sampled_slot(address);
    return g_sampled_bits[slot / 64] >> slot % 64 & 1;
}
