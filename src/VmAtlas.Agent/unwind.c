// Call stacks, cheaply: most events of a thread come from a stack whose outer part is the one seen last time.
//
// The last stack is kept, outermost frame first, with the words of the stack that proved it: each return address, and each saved frame
// pointer that an outer frame was found by. A new walk begins at the innermost frame and, at the first frame it shares with the kept ones
// (same pc, stack pointer and, where it matters, frame pointer), reads those words again. All unchanged: the same rules applied to the
// same words give the same callers, so the rest of the stack is proven equal. One changed: what lies inside it is forgotten and the walk goes on.
// Nothing is ever written to the stack.
#include "agent.h"

#define BIGGEST_FRAME (1ul << 20)
#define FIRST_RULES 4096u

struct rule_entry {
    u64 pc;
    struct rule rule;
};

struct rule_table {
    u32 mask, used;
    struct rule_entry entries[];
};

static struct rule_table *g_rules;
static struct lock g_rules_lock;
static u64 g_cache_epoch = 1;

static inline u64 mix(u64 x)
{
    x *= 0x9e3779b97f4a7c15ul;
    return x ^ x >> 29;
}

u64 hash_of(u64 callers, u64 pc, u32 kind) { return mix((callers ^ kind) + pc) * 0xd6e8feb86659fd93ul + callers; }

// ---- rules ----

// The kind of call is part of the key: behind a signal frame the pc is exact, elsewhere it is one past the call.
static u64 rule_key(u64 pc, int exact) { return pc << 1 | (u64)exact; }

static void rules_put(struct rule_table *table, u64 key, struct rule rule)
{
    u32 i = (u32)mix(key) & table->mask;
    while (table->entries[i].pc && table->entries[i].pc != key)
        i = (i + 1) & table->mask;
    if (!table->entries[i].pc)
        table->used++;
    __atomic_store(&table->entries[i].rule, &rule, __ATOMIC_RELAXED);
    store_release(&table->entries[i].pc, key);
}

static struct rule_table *rules_grown(struct rule_table *old)
{
    u32 size = old ? (old->mask + 1) * 2 : FIRST_RULES;
    struct rule_table *table = own_memory(sizeof *table + size * sizeof(struct rule_entry));
    if (!table)
        return NULL;
    table->mask = size - 1;
    for (u32 i = 0; old && i <= old->mask; i++)
        if (old->entries[i].pc)
            rules_put(table, old->entries[i].pc, old->entries[i].rule);
    return table; // the old one stays: others may be reading it
}

static COLD struct rule rule_missing(u64 pc, int exact)
{
    const struct module *module = module_of(exact ? pc : pc - 1);
    struct rule rule = {.kind = RULE_NO_TABLE};
    if (module && module->eh_frame_hdr)
        rule = rule_from_table(exact ? pc : pc - 1, module->eh_frame_hdr);
    if (module && rule.kind == RULE_NO_TABLE && is_signal_return((const u8 *)pc))
        rule.kind = RULE_SIGNAL;
    lock_take(&g_rules_lock);
    struct rule_table *table = g_rules;
    if (!table || table->used * 2 > table->mask) {
        struct rule_table *grown = rules_grown(table);
        if (grown)
            store_release(&g_rules, table = grown);
    }
    if (table && table->used < table->mask)
        rules_put(table, rule_key(pc, exact), rule);
    lock_drop(&g_rules_lock);
    return rule;
}

static inline struct rule rule_at(u64 pc, int exact)
{
    u64 key = rule_key(pc, exact);
    struct rule_table *table = load_acquire(&g_rules);
    if (likely(table != NULL))
        for (u32 i = (u32)mix(key) & table->mask;; i = (i + 1) & table->mask) {
            u64 there = load_acquire(&table->entries[i].pc);
            if (likely(there == key)) {
                struct rule rule;
                __atomic_load(&table->entries[i].rule, &rule, __ATOMIC_RELAXED);
                if (likely(rule.kind != RULE_UNKNOWN))
                    return rule;
                break;
            }
            if (!there)
                break;
        }
    return rule_missing(pc, exact);
}

// Code between the two addresses is gone or another: its rules are looked up anew, and no stack seen before counts.
void rules_forget(u64 start, u64 end)
{
    struct rule none = {.kind = RULE_UNKNOWN};
    lock_take(&g_rules_lock);
    for (u32 i = 0; g_rules && i <= g_rules->mask; i++) {
        u64 pc = g_rules->entries[i].pc >> 1;
        if (pc >= start && pc <= end)
            __atomic_store(&g_rules->entries[i].rule, &none, __ATOMIC_RELAXED);
    }
    __atomic_add_fetch(&g_cache_epoch, 1, __ATOMIC_RELEASE);
    lock_drop(&g_rules_lock);
}

// ---- reading the stack ----

#define NEARBY (16 * PAGE)

// Asks the kernel about a page outside the stack known so far; near it, about all between.
static COLD int probe(struct thread *self, u64 address)
{
    u64 page = address & ~(PAGE - 1);
    if (self->known_to == 0 || page - (self->known_from - NEARBY) >= 2 * NEARBY + self->known_to - self->known_from) {
        if (!is_readable(page))
            return 0;
        self->known_from = page;
        self->known_to = page + PAGE;
        return 1;
    }
    for (; self->known_to <= page; self->known_to += PAGE)
        if (!is_readable(self->known_to))
            return 0;
    for (; self->known_from > page; self->known_from -= PAGE)
        if (!is_readable(self->known_from - PAGE))
            return 0;
    return 1;
}

static inline int can_read(struct thread *self, u64 address)
{
    if (unlikely(address & 7))
        return is_readable(address) && is_readable(address + 7);
    return likely(address - self->known_from < self->known_to - self->known_from) || probe(self, address);
}

// ---- the walk ----

// What a step found; the words it read go to the thread's list of links.
struct step {
    struct where caller;
    u32 links;
    u8 ended, truncated, barrier, exact;
    u8 uses_fp, keeps_fp, fp_read_last;
};

static inline int take(struct thread *self, u64 address, u64 *value, u32 *links)
{
    if (unlikely(!can_read(self, address)))
        return 0;
    *value = *(const u64 *)address;
    self->links[(*links)++] = (struct slot){(const u64 *)address, *value};
    return 1;
}

static COLD void step_by_frame_pointer(struct thread *self, const struct where *at, struct step *step)
{
    step->uses_fp = 1;
    if (!at->fp) {
        step->ended = 1;
        return;
    }
    if ((at->fp & 7) || at->fp < at->sp || at->fp - at->sp >= BIGGEST_FRAME || !take(self, at->fp, &step->caller.fp, &step->links)
        || !take(self, at->fp + 8, &step->caller.pc, &step->links)) {
        step->ended = step->truncated = 1;
        return;
    }
    step->caller.sp = at->fp + 16;
}

static COLD void step_over_signal(struct thread *self, const struct where *at, struct step *step)
{
    step->barrier = step->exact = 1;
    u32 unused = step->links;
    if (!take(self, SIGNAL_PC(at->sp), &step->caller.pc, &unused) || !take(self, SIGNAL_SP(at->sp), &step->caller.sp, &unused)
        || !take(self, SIGNAL_FP(at->sp), &step->caller.fp, &unused))
        step->ended = step->truncated = 1;
}

static inline void step_from(struct thread *self, const struct where *at, int exact, struct step *step)
{
    struct rule rule = rule_at(at->pc, exact);
    u64 cfa;
    step->caller.fp = at->fp;
    if (likely(rule.kind == RULE_SP))
        cfa = at->sp + (u64)(i64)rule.cfa;
    else if (likely(rule.kind == RULE_FP)) {
        cfa = at->fp + (u64)(i64)rule.cfa;
        step->uses_fp = 1;
    } else if (rule.kind == RULE_FP_DEREF) {
        step->uses_fp = 1;
        if (!take(self, at->fp + (u64)(i64)rule.cfa, &cfa, &step->links))
            goto lost;
    } else if (rule.kind == RULE_END) {
        step->ended = 1;
        return;
    } else if (rule.kind == RULE_SIGNAL) {
        step_over_signal(self, at, step);
        return;
    } else if (rule.kind == RULE_NO_TABLE) {
        step_by_frame_pointer(self, at, step);
        return;
    } else
        goto lost;
    if (unlikely(cfa - at->sp - 1 >= BIGGEST_FRAME))
        step->barrier = 1;
    step->caller.sp = cfa;
    if (!take(self, cfa + (u64)((i64)rule.ra * 8), &step->caller.pc, &step->links))
        goto lost;
    if (rule.fp_place == FP_KEPT)
        step->keeps_fp = 1;
    else {
        u64 base = rule.fp_place == FP_AT_CFA ? cfa : at->fp;
        step->uses_fp |= rule.fp_place == FP_AT_FP;
        if (!take(self, base + (u64)((i64)rule.fp * 8), &step->caller.fp, &step->links))
            goto lost;
        step->fp_read_last = 1;
    }
    step->ended = step->caller.pc < PAGE;
    return;
lost:
    step->ended = step->truncated = 1;
}

// The number of kept frames, counted from the outermost, that still hold when those up to `index` were to be reused: index + 1 when all do.
static inline u32 proven(const struct thread *self, u32 index)
{
    u64 difference = 0;
    u32 count = self->frames[index].slots;
    for (u32 i = 0; i < count; i++)
        difference |= *self->slots[i].at ^ self->slots[i].value;
    if (likely(!difference))
        return index + 1;
    u32 wrong = 0;
    while (*self->slots[wrong].at == self->slots[wrong].value)
        wrong++;
    u32 kept = 0;
    while (self->frames[kept].slots <= wrong)
        kept++;
    return kept;
}

enum fp_use { FP_USED = 1, FP_PASSED_ON = 2, FP_READ_LAST = 4 };

// Puts what was walked anew, innermost first, on top of the `base` frames that were proven.
static void push_fresh(struct thread *self, u32 base, u32 walked)
{
    u32 slots = base ? self->frames[base - 1].slots : 0;
    u64 hash = base ? self->frames[base - 1].hash : load_relaxed(&g_stack_seed);
    int callers_need_fp = base ? self->frames[base - 1].needs_fp : 0;
    self->count = self->depth = base + walked;
    for (u32 i = walked, index = base; i-- > 0; index++) {
        struct frame *to = &self->frames[index];
        *to = self->fresh[i];
        u8 fp = to->needs_fp;
        for (u32 link = i ? self->fresh[i - 1].slots : 0; link < self->fresh[i].slots; link++)
            self->slots[slots++] = self->links[link];
        if ((fp & FP_READ_LAST) && !callers_need_fp)
            slots--; // a saved frame pointer by which no caller is found may hold any data
        to->slots = slots;
        to->needs_fp = (fp & FP_USED) || ((fp & FP_PASSED_ON) && callers_need_fp);
        callers_need_fp = to->needs_fp;
        if (!to->hidden)
            hash = hash_of(hash, to->pc, to->kind);
        to->hash = hash;
        if (to->barrier && index < self->depth)
            self->depth = index;
    }
}

#ifdef CHECK_UNWIND
// Tests build the agent so: another unwinder has to come to the same.
void check_unwind(const u64 *pcs, u32 count, int truncated);

static void check(struct thread *self)
{
    static struct lock lock;
    static u64 pcs[MAX_DEPTH]; // a stack of the target may be too small for it
    u32 count = 0;
    lock_take(&lock);
    for (u32 i = self->count; i-- > 0;)
        if (!self->frames[i].hidden)
            pcs[count++] = self->frames[i].pc;
    check_unwind(pcs, count, self->frames[0].kind == NODE_TRUNCATED);
    lock_drop(&lock);
}
#endif

u64 unwind(struct thread *self, const struct where *from)
{
    struct where at = *from;
    u32 kept = self->depth, walked = 0, links = 0;
    int exact = 0;
    u64 epoch = load_acquire(&g_cache_epoch);
    if (unlikely(self->cache_epoch != epoch)) {
        self->cache_epoch = epoch;
        kept = 0;
    }
    if (unlikely(at.sp - (self->known_from - NEARBY) >= NEARBY + self->known_to - self->known_from))
        self->known_from = self->known_to = 0; // another stack than last time
    for (;;) {
        while (kept && self->frames[kept - 1].sp < at.sp)
            kept--;
        if (kept && self->frames[kept - 1].sp == at.sp) {
            const struct frame *same = &self->frames[kept - 1];
            if (same->pc == at.pc && (!same->needs_fp || same->fp == at.fp) && (same->kind == NODE_INTERRUPTED) == exact) {
                u32 holds = proven(self, kept - 1);
                if (likely(holds == kept))
                    break;
                kept = holds;
            }
        }
        if (unlikely(walked + kept >= MAX_DEPTH)) {
            if (!kept) {
                self->fresh[walked - 1].kind = NODE_TRUNCATED;
                break;
            }
            // Too deep: the innermost part, found from here alone, so that it does not depend on what was seen before.
            self->depth = 0;
            kept = 0;
        }
        struct step step = {.links = links};
        struct frame *frame = &self->fresh[walked++];
        step_from(self, &at, exact, &step);
        *frame = (struct frame){.pc = at.pc, .sp = at.sp, .fp = at.fp, .barrier = step.barrier, .slots = links = step.links};
        frame->kind = exact ? NODE_INTERRUPTED : NODE_CALL;
        frame->hidden = at.pc - g_agent.code_start < g_agent.code_end - g_agent.code_start;
        frame->needs_fp = (u8)((step.uses_fp ? FP_USED : 0) | (step.keeps_fp ? FP_PASSED_ON : 0) | (step.fp_read_last ? FP_READ_LAST : 0));
        if (step.ended) {
            if (step.truncated)
                frame->kind = NODE_TRUNCATED;
            kept = 0;
            break;
        }
        at = step.caller;
        exact = step.exact;
    }
    if (walked)
        push_fresh(self, kept, walked);
    else {
        self->count = kept;
        self->depth = kept;
    }
#ifdef CHECK_UNWIND
    check(self);
#endif
    return self->count ? self->frames[self->count - 1].hash : 0;
}
