// Events on their way to the viewer: each thread has a ring of its own in the shared file and is its only writer.
#include "agent.h"

__thread struct thread *t_self;

// Slots of rings in this session that some thread of ours has mapped; a thread that ended leaves its slot, with all it kept, to a later one.
static struct thread *g_threads[MAX_RINGS];
static u32 g_threads_serial;

static struct thread *thread_of_slot(u32 slot)
{
    struct thread *self = g_threads[slot];
    if (!self) {
        u8 *mapped = map_of_session(RINGS_AT + slot * RING_STRIDE, RING_STRIDE);
        self = mapped ? own_memory(sizeof *self) : NULL;
        if (!self)
            return NULL;
        self->ring = (struct ring *)mapped;
        self->words = (u64 *)(mapped + PAGE);
        self->number = slot;
        g_threads[slot] = self;
    }
    return self;
}

static int claim(struct thread *self)
{
    u32 free = RING_FREE;
    if (!__atomic_compare_exchange_n(&self->ring->state, &free, RING_LIVE, 0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        return 0;
    sys6(SYS_prctl, 16, (long)self->ring->name, 0, 0, 0, 0);
    store_release(&self->ring->tid, sys_tid());
    self->head = self->ring->head;
    self->room_until = load_acquire(&self->ring->tail) + RING_WORDS;
    self->session_serial = g_zeroed.state.session_serial;
    self->busy = 0;
    self->stamp = 0;
    self->beat = ~0ul;
    self->freeing = self->recorded = self->dlopen_sp = 0;
    self->depth = self->count = 0;
    self->known_from = self->known_to = 0;
    self->last_hash = 0;
    self->last_site = 0;
    self->sample_left = 0;
    self->random = 0;
    return 1;
}

COLD struct thread *thread_register(void)
{
    struct session *session = g_agent.session;
    struct thread *found = NULL;
    if (!session || !load_acquire(&g_zeroed.state.session_serial))
        return NULL;
    lock_take(&g_zeroed.state.rings);
    if (g_threads_serial != g_agent.session_serial) {
        g_threads_serial = g_agent.session_serial; // the first thread of another session: the slots of the one before are not ours
        for (u32 i = 0; i < MAX_RINGS; i++)
            g_threads[i] = NULL;
    }
    for (u32 slot = 0; slot < MAX_RINGS && !found; slot++) {
        struct thread *self = thread_of_slot(slot);
        if (!self)
            break;
        if (slot > 0)
            g_agent.has_threads = 1;
        if (slot >= session->rings)
            store_release(&session->rings, slot + 1);
        if (claim(self))
            found = self;
    }
    lock_drop(&g_zeroed.state.rings);
    if (!found)
        __atomic_add_fetch(&session->dropped, 1, __ATOMIC_RELAXED);
    t_self = found;
    return found;
}

// ---- writing ----

#define MOST_WORDS (2 + 1 + LONG_WORDS)

// Who had to wait goes on when there is room for a while: else every thread would wake up for a few events again and again.
#define ROOM_AFTER_WAITING (RING_WORDS / 4)

// The ring seems full: looks where the viewer is, and waits for it. False when it does not come any more, or events are to be dropped.
static COLD int wait_for_room(struct thread *self)
{
    struct session *session = g_agent.session;
    u64 beat = load_acquire(&session->viewer_beat), last = load_acquire(&self->ring->tail);
    int waited = 0;
    for (u32 waited_us = 0;;) {
        u64 tail = load_acquire(&self->ring->tail);
        self->room_until = tail + RING_WORDS;
        if (self->head + (waited ? ROOM_AFTER_WAITING : MOST_WORDS) <= self->room_until)
            return 1;
        if (session->flags & DROP_WHEN_FULL)
            break;
        if (session->detaching)
            agent_stop_recording(); // who waited in here could not be made to take the hooks out
        if (g_mode == MODE_OFF)
            return 0; // the trace has ended meanwhile
        u64 now = load_acquire(&session->viewer_beat);
        if (tail != last || now != beat) {
            waited_us = 0;
            last = tail;
            beat = now;
        }
        if (waited_us > 2000000) {
            agent_give_up();
            break;
        }
        waited = 1;
        sys_sleep_us(200);
        waited_us += 200;
    }
    self->ring->dropped++;
    return 0;
}

static inline void put(struct thread *self, u64 word) { self->words[self->head++ & (RING_WORDS - 1)] = word; }

// Begins an event: room, and the word of time when the last one is long ago. Gives the ticks since then, or -1 when there is no room.
static inline i64 begin(struct thread *self, u64 now)
{
    if (unlikely(self->head + MOST_WORDS > self->room_until) && !wait_for_room(self))
        return -1;
    u64 passed = now - self->stamp;
    if (unlikely((i64)passed < 0)) { // read ahead of the one before
        now = self->stamp;
        passed = 0;
    }
    if (unlikely(passed >= 65536)) {
        put(self, WORD_TIME | now << 4);
        passed = 0;
    }
    self->stamp = now;
    return (i64)passed;
}

static inline void publish(struct thread *self)
{
    store_release(&self->ring->head, self->head);
    store_release(&self->ring->stamp, self->stamp);
}

// From here until open_from is put back the viewer knows that a stamp not published yet may be older than others it sees. The store may reach
// it some nanoseconds after the stamp is taken; it looks twice, with more time than that in between.
static inline u64 announce_soon(struct thread *self)
{
    u64 before = self->ring->open_from;
    if (!before)
        store_relaxed(&self->ring->open_from, 1);
    compiler_fence();
    return before;
}

static inline void announced_until(struct thread *self, u64 before) { store_release(&self->ring->open_from, before); }

void announce_nothing(struct thread *self) { store_release(&self->ring->open_from, 0); }

static inline int fits(u64 address) { return !(address & 7) && !(address >> 47); }

// ---- the moment of an event ----
//
// Reading the clock is the dearest part of an event, the more so when it has to wait for the loads before it. Only the order of operations on one block
// has to be exact, and only where they are another thread's does it depend on the clock: what one thread did stands in its ring in order. So it is
// kept, for blocks used lately, whose the last operation was. Another's: the clock is read, in order. One's own: any moment will do that is not later than now
// and not before the thread's last; events that follow closely share one. Whatever an operation depends on is published before its moment is taken,
// so a moment that is too early misleads nobody.

#define MOST_AT_ONE_STAMP 8u

static u64 g_last_by[8192];

void forget_who_was_last(void)
{
    for (u32 i = 0; i < COUNT(g_last_by); i++)
        g_last_by[i] = 0;
}

// The one who operates on a block has got it from the one before, and with it sees what that one wrote here.
static inline int was_ours(const struct thread *self, u64 address)
{
    u64 *last = &g_last_by[(address >> 4 ^ address >> 17) & (COUNT(g_last_by) - 1)], ours = address << 13 | self->number;
    if (load_relaxed(last) == ours)
        return 1;
    store_relaxed(last, ours);
    return 0;
}

static inline u64 moment(struct thread *self, u64 address)
{
    if (g_agent.has_threads && !was_ours(self, address))
        return stamp();
    u64 beat = load_relaxed(&g_agent.session->viewer_beat);
    if (likely(beat == self->beat) && self->since_stamp++ < MOST_AT_ONE_STAMP)
        return self->stamp;
    self->beat = beat; // the viewer looks every few milliseconds: no stamp is older than that
    self->since_stamp = 1;
    return g_agent.clock_is_ns ? sys_monotonic_ns() : ticks_unordered();
}

u64 announce(struct thread *self, u64 block)
{
    was_ours(self, block); // before another can get it
    store_relaxed(&self->ring->open_from, 1);
    compiler_fence();
    u64 now = stamp();
    store_relaxed(&self->ring->open_from, now < 2 ? 2 : now);
    return now;
}

void record_alloc(struct thread *self, enum function function, u64 address, u64 size, const struct where *caller)
{
    if (unlikely(self->dlopen_sp))
        patch_after_dlopen(self, caller->sp);
    if (unlikely(size >= SMALL_SIZE || !fits(address))) {
        record_long(self, &(struct long_event){.function = function, .address = address, .size = size}, caller);
        return;
    }
    u32 site = 0;
    if (likely(!(g_agent.session->flags & NO_STACKS)))
        site = site_of(self, unwind(self, caller));
    u64 before = announce_soon(self);
    i64 passed = begin(self, moment(self, address));
    if (likely(passed >= 0)) {
        put(self, WORD_ALLOC | (u64)passed << 4 | address >> 3 << 20);
        put(self, site | (u64)function << 32 | size << 37);
        publish(self);
        self->recorded = address;
    }
    announced_until(self, before);
}

void record_free(struct thread *self, enum word_kind kind, u64 address)
{
    if (unlikely(!fits(address))) {
        static const u8 functions[] = {[WORD_FREE] = FN_FREE, [WORD_DELETE] = FN_DELETE, [WORD_DELETE_ARRAY] = FN_DELETE_ARRAY};
        record_long(self, &(struct long_event){.function = functions[kind], .address = address}, NULL);
        return;
    }
    u64 before = announce_soon(self);
    i64 passed = begin(self, moment(self, address));
    if (likely(passed >= 0)) {
        put(self, (u64)kind | (u64)passed << 4 | address >> 3 << 20);
        publish(self);
    }
    announced_until(self, before);
}

void record_long(struct thread *self, const struct long_event *event, const struct where *caller)
{
    u32 site = 0;
    if (caller && !(g_agent.session->flags & NO_STACKS))
        site = site_of(self, unwind(self, caller));
    was_ours(self, event->address);
    u64 before = announce_soon(self);
    i64 passed = begin(self, stamp());
    if (passed >= 0) {
        put(self, WORD_LONG | (u64)passed << 4 | (u64)event->function << 20 | (u64)event->protection << 28);
        put(self, event->address);
        put(self, event->size);
        put(self, event->old_address);
        put(self, event->old_size);
        put(self, site);
        put(self, event->released_ticks);
        publish(self);
        self->recorded = event->address;
    }
    announced_until(self, before);
}
