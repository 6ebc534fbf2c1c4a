// The tree of all stacks seen. A stack's hash finds its number; a stack not seen before gets nodes for what is new of it. Nodes lie in the file
// that is shared with the viewer; the table that finds them is ours.
#include "agent.h"

#define FIRST_SITES 4096u

struct site_entry {
    u64 hash;
    u64 id;
};

struct site_table {
    u32 mask, used;
    struct site_entry entries[];
};

static struct site_table *g_sites;
static struct node *g_chunks[MAX_CHUNKS];

static void sites_put(struct site_table *table, u64 hash, u64 id)
{
    u64 i = hash & table->mask;
    while (table->entries[i].id)
        i = (i + 1) & table->mask;
    table->entries[i].hash = hash;
    store_release(&table->entries[i].id, id);
    table->used++;
}

static inline u32 sites_find(u64 hash)
{
    struct site_table *table = load_acquire(&g_sites);
    if (unlikely(!table))
        return 0;
    for (u64 i = hash & table->mask;; i = (i + 1) & table->mask) {
        u64 id = load_acquire(&table->entries[i].id);
        if (!id || table->entries[i].hash == hash)
            return (u32)id;
    }
}

static int sites_make_room(void)
{
    struct site_table *old = g_sites;
    if (old && old->used * 3ul < old->mask * 2ul)
        return 1;
    u32 size = old ? (old->mask + 1) * 2 : FIRST_SITES;
    struct site_table *table = own_memory(sizeof *table + size * sizeof(struct site_entry));
    if (!table)
        return old && old->used < old->mask;
    table->mask = size - 1;
    for (u32 i = 0; old && i <= old->mask; i++)
        if (old->entries[i].id)
            sites_put(table, old->entries[i].hash, old->entries[i].id);
    store_release(&g_sites, table); // the old one stays: others may be reading it
    return 1;
}

static u32 node_add(u32 parent, u64 pc, u32 kind)
{
    struct session *session = g_agent.session;
    u32 id = session->nodes, chunk = id / NODES_A_CHUNK;
    if (chunk >= MAX_CHUNKS)
        return 0;
    if (!g_chunks[chunk]) {
        g_chunks[chunk] = map_of_session(NODES_AT + chunk * (NODES_A_CHUNK * sizeof(struct node)), NODES_A_CHUNK * sizeof(struct node));
        if (!g_chunks[chunk])
            return 0;
    }
    g_chunks[chunk][id % NODES_A_CHUNK] = (struct node){.pc = pc, .parent = parent, .kind = kind};
    store_release(&session->nodes, id + 1);
    return id;
}

static COLD u32 site_add(struct thread *self, u64 hash)
{
    lock_take(&g_zeroed.state.nodes);
    u32 known = self->count, id = 0;
    while (known > 0 && !(id = sites_find(self->frames[known - 1].hash)))
        known--;
    for (; known < self->count; known++) {
        const struct frame *frame = &self->frames[known];
        if (frame->hidden)
            continue;
        u32 child = sites_make_room() ? node_add(id, frame->pc, frame->kind) : 0;
        if (!child)
            break;
        sites_put(g_sites, frame->hash, id = child);
    }
    (void)hash;
    lock_drop(&g_zeroed.state.nodes);
    return id;
}

u32 site_of(struct thread *self, u64 hash)
{
    if (hash == self->last_hash)
        return self->last_site;
    u32 id = sites_find(hash);
    if (unlikely(!id))
        id = site_add(self, hash);
    self->last_hash = hash;
    self->last_site = id;
    return id;
}

// For a session of its own after a fork: the file's nodes are another session's.
void nodes_reset(void)
{
    g_sites = NULL;
    for (u32 i = 0; i < MAX_CHUNKS; i++)
        g_chunks[i] = NULL;
}
