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
    u64 key;
    rule rule;
};

struct rule_table {
    u32 mask, used;
    struct rule_entry entries[];
};

static struct rule_table *g_rules;
static u64 g_cache_epoch = 1;

// A stack's hash is the sum of its frames', each multiplied by its place above the outermost, so that their order counts: sums need not wait for
// one another.
static inline u64 hash_of_frame(u64 pc)
{
    pc = (pc ^ pc >> 29) * 0xbf58476d1ce4e5b9ul;
    return pc ^ pc >> 32;
}

// ---- rules ----

// The kind of call is part of the key: behind a signal frame the pc is exact, elsewhere it is one past the call.
static inline u64 rule_key(u64 pc, int exact) { return pc << 1 | (u64)exact; }

// Return addresses are as good as random below a page; the page keeps files apart.
static inline u32 place_of_key(u64 key) { return (u32)(key >> 1 ^ key >> 13); }

static void rules_put(struct rule_table *table, u64 key, rule r)
{
    u32 i = place_of_key(key) & table->mask;
    while (table->entries[i].key && table->entries[i].key != key)
        i = (i + 1) & table->mask;
    if (!table->entries[i].key)
        table->used++;
    store_relaxed(&table->entries[i].rule, r);
    store_release(&table->entries[i].key, key);
}

static struct rule_table *rules_grown(struct rule_table *old)
{
    u32 size = old ? (old->mask + 1) * 2 : FIRST_RULES;
    struct rule_table *table = own_memory(sizeof *table + size * sizeof(struct rule_entry));
    if (!table)
        return NULL;
    table->mask = size - 1;
    for (u32 i = 0; old && i <= old->mask; i++)
        if (old->entries[i].key)
            rules_put(table, old->entries[i].key, old->entries[i].rule);
    return table; // the old one stays: others may be reading it
}

static COLD rule rule_missing(u64 pc, int exact)
{
    const struct module *module = module_of(exact ? pc : pc - 1);
    rule r = RULE_NO_TABLE;
    if (module && module->eh_frame_hdr)
        r = rule_from_table(exact ? pc : pc - 1, module->eh_frame_hdr);
    if (module && r == RULE_NO_TABLE && is_signal_return((const u8 *)pc))
        r = RULE_SIGNAL;
    if (pc - g_agent.code_start < g_agent.code_end - g_agent.code_start)
        r |= HIDDEN << RULE_USE_AT;
    lock_take(&g_zeroed.state.rules);
    struct rule_table *table = g_rules;
    if (!table || table->used * 4 > table->mask) { // seldom more than one look
        struct rule_table *grown = rules_grown(table);
        if (grown)
            store_release(&g_rules, table = grown);
    }
    if (table && table->used < table->mask)
        rules_put(table, rule_key(pc, exact), r);
    lock_drop(&g_zeroed.state.rules);
    return r;
}

static inline rule rule_at(u64 pc, int exact)
{
    u64 key = rule_key(pc, exact);
    struct rule_table *table = load_acquire(&g_rules);
    if (likely(table != NULL))
        for (u32 i = place_of_key(key) & table->mask;; i = (i + 1) & table->mask) {
            u64 there = load_acquire(&table->entries[i].key);
            if (likely(there == key)) {
                rule r = load_relaxed(&table->entries[i].rule);
                if (likely(r != RULE_UNKNOWN))
                    return r;
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
    lock_take(&g_zeroed.state.rules);
    for (u32 i = 0; g_rules && i <= g_rules->mask; i++) {
        u64 pc = g_rules->entries[i].key >> 1;
        if (pc >= start && pc <= end)
            store_relaxed(&g_rules->entries[i].rule, RULE_UNKNOWN);
    }
    __atomic_add_fetch(&g_cache_epoch, 1, __ATOMIC_RELEASE);
    lock_drop(&g_zeroed.state.rules);
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

static int can_read(struct thread *self, u64 address)
{
    if (unlikely(address & 7))
        return is_readable(address) && is_readable(address + 7);
    return address - self->known_from < self->known_to - self->known_from || probe(self, address);
}

static int take(struct thread *self, u64 address, u64 *value)
{
    if (!can_read(self, address))
        return 0;
    *value = *(const u64 *)address;
    return 1;
}

// ---- one step, in general ----

enum outcome { WENT_ON, ENDED, TRUNCATED };

static enum outcome step_by_frame_pointer(struct thread *self, struct where *at, struct fresh *frame)
{
    u64 fp = at->fp;
    frame->use |= USES_FP;
    if (!fp)
        return ENDED;
    if ((fp & 7) || fp < at->sp || fp - at->sp >= BIGGEST_FRAME || !take(self, fp, &at->fp) || !take(self, fp + 8, &at->pc))
        return TRUNCATED;
    frame->use |= READS_RA | READS_FP;
    frame->fp_at = fp;
    frame->ra_at = fp + 8;
    at->sp = fp + 16;
    return WENT_ON;
}

static enum outcome step_over_signal(struct thread *self, struct where *at, struct fresh *frame, int *exact)
{
    u64 sp = at->sp;
    frame->use |= BARRIER;
    *exact = 1;
    return take(self, SIGNAL_PC(sp), &at->pc) && take(self, SIGNAL_SP(sp), &at->sp) && take(self, SIGNAL_FP(sp), &at->fp) ? WENT_ON : TRUNCATED;
}

static enum outcome step_by_rule(struct thread *self, struct where *at, rule r, struct fresh *frame)
{
    u64 fp = at->fp, cfa = (rule_kind(r) == RULE_SP ? at->sp : fp) + rule_cfa(r);
    u32 use = rule_use(r);
    if (rule_kind(r) == RULE_FP_DEREF) {
        frame->cfa_at = cfa;
        use |= READS_CFA;
        if (!take(self, cfa, &cfa))
            return TRUNCATED;
    }
    frame->ra_at = cfa + rule_ra(r);
    frame->fp_at = (r & RULE_FP_BY_FP ? fp : cfa) + rule_fp(r);
    if (!take(self, frame->ra_at, &at->pc) || ((use & READS_FP) && !take(self, frame->fp_at, &at->fp)))
        return TRUNCATED;
    frame->use = use | (cfa - at->sp - 1 >= BIGGEST_FRAME ? BARRIER : 0) | (at->pc < PAGE ? FROM_NULL : 0);
    at->sp = cfa;
    return at->pc < PAGE ? ENDED : WENT_ON;
}

static COLD enum outcome step(struct thread *self, struct where *at, rule r, struct fresh *frame, int *exact)
{
    frame->use = rule_use(r) & HIDDEN;
    *exact = 0;
    switch (rule_kind(r)) {
    case RULE_SP: case RULE_FP: case RULE_FP_DEREF: return step_by_rule(self, at, r, frame);
    case RULE_SIGNAL: return step_over_signal(self, at, frame, exact);
    case RULE_NO_TABLE: return step_by_frame_pointer(self, at, frame);
    case RULE_END: return ENDED;
    default: return TRUNCATED;
    }
}

// ---- what is kept from stack to stack ----

static inline u16 *kept_with(struct thread *self, u64 sp) { return &self->kept_with[sp >> 4 & (COUNT(self->kept_with) - 1)]; }

static COLD u32 still_right(const struct thread *self, u32 index)
{
    u32 kept = 0, slot = 0;
    for (; kept <= index; kept++) {
        if (kept && *(const u64 *)self->frames[kept - 1].found_at != self->frames[kept - 1].pc)
            break;
        while (slot < self->frames[kept].slots && *self->slots[slot].at == self->slots[slot].value)
            slot++;
        if (slot < self->frames[kept].slots)
            break;
    }
    return kept;
}

// The number of kept frames, counted from the outermost, that still hold when those up to `index` were to be reused: index + 1 when all do.
static inline u32 proven(const struct thread *self, u32 index)
{
    u64 even = 0, odd = 0;
    const struct frame *frame = self->frames, *end = &self->frames[index];
    for (; frame + 1 < end; frame += 2) {
        even |= *(const u64 *)frame[0].found_at ^ frame[0].pc;
        odd |= *(const u64 *)frame[1].found_at ^ frame[1].pc;
    }
    if (frame < end)
        even |= *(const u64 *)frame->found_at ^ frame->pc;
    for (const struct slot *slot = self->slots, *last = slot + self->frames[index].slots; slot < last; slot++)
        odd |= *slot->at ^ slot->value;
    return likely(!(even | odd)) ? index + 1 : still_right(self, index);
}

// Puts what was walked anew, innermost first, on top of the `base` frames that were proven. Behind the last fresh frame stands where its words led.
static inline void push_fresh(struct thread *self, u32 base, const struct fresh *last)
{
    struct frame *to = &self->frames[base], *caller = to - 1;
    u32 slots = 0, level = 0, callers_need_fp = 0, first_barrier = MAX_DEPTH;
    u64 hash = load_relaxed(&g_stack_seed);
    if (base) {
        slots = caller->slots;
        level = caller->level;
        callers_need_fp = caller->needs_fp;
        hash = caller->hash;
        caller->found_at = last[-1].ra_at;
    }
    for (const struct fresh *from = last - 1; from >= self->fresh; from--, to++) {
        u32 use = from->use;
        u64 pc = from->pc, sp = from->sp, own = from->hash;
        if (unlikely(use & (READS_CFA | FROM_NULL | HIDDEN | BARRIER)) || unlikely(from->kind)) {
            if (use & READS_CFA)
                self->slots[slots++] = (struct slot){(const u64 *)from->cfa_at, from[1].sp};
            if (use & FROM_NULL)
                self->slots[slots++] = (struct slot){(const u64 *)from->ra_at, from[1].pc};
            if ((use & BARRIER) && first_barrier == MAX_DEPTH)
                first_barrier = (u32)(to - self->frames);
            own = use & HIDDEN ? 0 : own + from->kind;
            level -= use & HIDDEN ? 1 : 0;
        }
        if (unlikely(use / READS_FP & callers_need_fp)) // a saved frame pointer by which no caller is found may hold any data
            self->slots[slots++] = (struct slot){(const u64 *)from->fp_at, from[1].fp};
        level++;
        callers_need_fp = (use / USES_FP & 1) | (use / KEEPS_FP & callers_need_fp);
        hash += own * (2 * level + 1);
        to->pc = pc;
        to->sp = sp;
        to->fp = from->fp;
        to->found_at = from[-1].ra_at;
        to->hash = hash;
        to->slots = (u16)slots;
        to->level = (u16)level;
        to->needs_fp = (u8)callers_need_fp;
        to->hidden = use / HIDDEN & 1;
        to->kind = (u8)from->kind;
        *kept_with(self, sp) = (u16)(to - self->frames);
    }
    self->count = (u32)(to - self->frames);
    self->depth = first_barrier < self->count ? first_barrier : self->count;
}

#ifdef CHECK_UNWIND
// Tests build the agent so: another unwinder has to come to the same.
void check_unwind(const u64 *pcs, u32 count, int truncated);

static void check(struct thread *self)
{
    static u64 pcs[MAX_DEPTH]; // a stack of the target may be too small for it
    u32 count = 0;
    lock_take(&g_zeroed.state.checked);
    for (u32 i = self->count; i-- > 0;)
        if (!self->frames[i].hidden)
            pcs[count++] = self->frames[i].pc;
    check_unwind(pcs, count, self->frames[0].kind == NODE_TRUNCATED);
    lock_drop(&g_zeroed.state.checked);
}
#endif

// ---- the walk ----

static inline void note(struct fresh *frame, u64 pc, u64 sp, u64 fp)
{
    frame->pc = pc;
    frame->sp = sp;
    frame->fp = fp;
    frame->hash = hash_of_frame(pc);
}

// Walks outwards until a kept frame is met that still holds. Gives how many frames hold; those before lie in `fresh` up to `*last`.
static u32 walk(struct thread *self, const struct where *from, u32 kept, struct fresh **last)
{
    u64 pc = from->pc, sp = from->sp, fp = from->fp, known_from = self->known_from, known = self->known_to - known_from;
    struct fresh *frame = self->fresh;
    int exact = 0;
    for (;; frame++) {
        u32 index = *kept_with(self, sp);
        const struct frame *same = &self->frames[index];
        // One condition: each of its parts alone is hard to foresee.
        if (unlikely(((same->pc ^ pc) | (same->sp ^ sp) | (u64)(index >= kept)) == 0) && (!same->needs_fp || same->fp == fp)
            && (same->kind == NODE_INTERRUPTED) == exact) {
            kept = proven(self, index);
            if (likely(kept == index + 1) && likely((u64)(frame - self->fresh) + kept <= MAX_DEPTH))
                break;
            if (kept == index + 1)
                kept = 0; // too deep: the innermost part, found from here alone, so that it does not depend on what was seen before
        }
        if (unlikely(frame == &self->fresh[MAX_DEPTH])) {
            frame[-1].kind = NODE_TRUNCATED;
            kept = 0;
            break;
        }
        note(frame, pc, sp, fp);
        frame->kind = exact ? NODE_INTERRUPTED : NODE_CALL;
        rule r = rule_at(pc, exact);
        u64 cfa = (r & 1 ? fp : sp) + rule_cfa(r), ra_at = cfa + rule_ra(r), fp_at = cfa + rule_fp(r);
        // What nearly every step is.
        if (likely((r & (14 | RULE_FP_BY_FP)) == RULE_SP) && likely(cfa - sp - 1 < BIGGEST_FRAME) && likely(!(cfa & 7))
            && likely(ra_at - known_from < known) && likely(fp_at - known_from < known)) {
            u64 saved = *(const u64 *)fp_at;
            pc = *(const u64 *)ra_at;
            sp = cfa;
            frame->ra_at = ra_at;
            frame->fp_at = fp_at;
            frame->use = rule_use(r);
            fp = r & READS_FP << RULE_USE_AT ? saved : fp;
            exact = 0;
            if (likely(pc >= PAGE))
                continue;
            frame->use |= FROM_NULL;
        } else {
            struct where at = {pc, sp, fp};
            enum outcome outcome = step(self, &at, r, frame, &exact);
            pc = at.pc, sp = at.sp, fp = at.fp;
            known_from = self->known_from, known = self->known_to - known_from;
            if (likely(outcome == WENT_ON))
                continue;
            if (outcome == TRUNCATED)
                frame->kind = NODE_TRUNCATED;
        }
        frame++;
        kept = 0;
        break;
    }
    note(frame, pc, sp, fp);
    *last = frame;
    return kept;
}

u64 unwind(struct thread *self, const struct where *from)
{
    u32 kept = self->depth;
    u64 epoch = load_acquire(&g_cache_epoch);
    if (unlikely(self->cache_epoch != epoch)) {
        self->cache_epoch = epoch;
        kept = 0;
    }
    if (unlikely(from->sp - (self->known_from - NEARBY) >= NEARBY + self->known_to - self->known_from))
        self->known_from = self->known_to = 0; // another stack than last time
    struct fresh *last;
    kept = walk(self, from, kept, &last);
    if (last != self->fresh)
        push_fresh(self, kept, last);
    else
        self->count = self->depth = kept;
#ifdef CHECK_UNWIND
    check(self);
#endif
    return self->count ? self->frames[self->count - 1].hash : 0;
}
