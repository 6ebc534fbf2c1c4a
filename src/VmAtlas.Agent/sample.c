// Sampling by bytes: every byte asked for has the same chance to be the one whose block is recorded, so the distance between two samples is
// exponentially distributed. Integers only: the agent touches no floating-point register of a thread.
#include "agent.h"

u64 g_sampled_bits[SAMPLED_SLOTS / 64];

// Sampled blocks of a slot. Stays at 255 for good: more look-ups, no error.
static u8 g_counts[SAMPLED_SLOTS];

#define FIRST_SAMPLED 4096u
#define TAKEN_OUT 1ul

struct sampled_table {
    u32 mask, used;
    u64 addresses[];
};

static struct sampled_table *g_sampled;

void sample_initialize(void)
{
    lock_take(&g_zeroed.state.sampled);
    for (u32 i = 0; i < SAMPLED_SLOTS; i++)
        g_counts[i] = 0;
    for (u32 i = 0; i < COUNT(g_sampled_bits); i++)
        g_sampled_bits[i] = 0;
    if (g_sampled)
        own_memory_end(g_sampled, sizeof *g_sampled + (g_sampled->mask + 1ul) * 8);
    g_sampled = NULL;
    lock_drop(&g_zeroed.state.sampled);
}

// -log2(x / 2^64) in 32.32 fixed point, by squaring the mantissa: 32 bits after the point.
static u64 minus_log2(u64 x)
{
    u32 zeros = (u32)__builtin_clzl(x | 1);
    u64 mantissa = (x | 1) << zeros, result = 0;
    for (int bit = 31; bit >= 0; bit--) {
        u64 square = (u64)((unsigned __int128)mantissa * mantissa >> 64);
        if (square >> 63) {
            result |= 1ul << bit;
            mantissa = square;
        } else
            mantissa = square << 1;
    }
    return ((u64)(zeros + 1) << 32) - result;
}

static u64 next_random(struct thread *self)
{
    u64 x = self->random;
    if (!x) // any number does, so long as threads and runs differ
        x = (stamp() ^ (u64)self->ring->tid << 40) * 0x9e3779b97f4a7c15ul | 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    self->random = x;
    return x * 0x2545f4914f6cdd1dul;
}

static i64 next_gap(struct thread *self)
{
    const unsigned __int128 ln2 = 2977044471ul; // 2^32 ln 2
    u64 interval = g_agent.session->sample_interval;
    u64 nats = (u64)(ln2 * minus_log2(next_random(self)) >> 32);
    return (i64)((unsigned __int128)nats * interval >> 32);
}

// Called when the countdown went below zero by this block. False for a thread's first, which only draws its first gap.
int sample_due(struct thread *self, u64 size)
{
    if (!self->random) {
        self->sample_left = next_gap(self) - (i64)size;
        if (self->sample_left >= 0)
            return 0;
    } else if (self->sample_left >= 0)
        return 0;
    // What is left over begins a new stretch behind this block: memoryless, so nothing is carried over.
    self->sample_left = next_gap(self);
    return 1;
}

static void table_add(struct sampled_table *table, u64 address)
{
    u64 i = (address >> 4) * 0x9e3779b97f4a7c15ul >> 32 & table->mask;
    while (table->addresses[i] > TAKEN_OUT)
        i = (i + 1) & table->mask;
    if (!table->addresses[i])
        table->used++;
    table->addresses[i] = address;
}

static int make_room(void)
{
    struct sampled_table *old = g_sampled;
    if (old && old->used * 2 <= old->mask)
        return 1;
    u32 live = 0;
    for (u32 i = 0; old && i <= old->mask; i++)
        live += old->addresses[i] > TAKEN_OUT;
    u32 size = FIRST_SAMPLED;
    while (size < live * 4)
        size *= 2;
    struct sampled_table *table = own_memory(sizeof *table + size * 8ul);
    if (!table)
        return 0;
    table->mask = size - 1;
    for (u32 i = 0; old && i <= old->mask; i++)
        if (old->addresses[i] > TAKEN_OUT)
            table_add(table, old->addresses[i]);
    g_sampled = table; // read under the lock only
    if (old)
        own_memory_end(old, sizeof *old + (old->mask + 1ul) * 8);
    return 1;
}

static void count(u64 address, int change)
{
    u32 slot = sampled_slot(address);
    if (g_counts[slot] == 255)
        return;
    g_counts[slot] = (u8)(g_counts[slot] + change);
    u64 bit = 1ul << slot % 64, bits = g_sampled_bits[slot / 64];
    store_relaxed(&g_sampled_bits[slot / 64], g_counts[slot] ? bits | bit : bits & ~bit);
}

void sampled_add(u64 address)
{
    lock_take(&g_zeroed.state.sampled);
    if (make_room()) {
        table_add(g_sampled, address);
        count(address, 1);
    }
    lock_drop(&g_zeroed.state.sampled);
}

int sampled_take(u64 address)
{
    int found = 0;
    lock_take(&g_zeroed.state.sampled);
    struct sampled_table *table = g_sampled;
    if (table)
        for (u64 i = (address >> 4) * 0x9e3779b97f4a7c15ul >> 32 & table->mask; table->addresses[i]; i = (i + 1) & table->mask)
            if (table->addresses[i] == address) {
                table->addresses[i] = TAKEN_OUT;
                count(address, -1);
                found = 1;
                break;
            }
    lock_drop(&g_zeroed.state.sampled);
    return found;
}
