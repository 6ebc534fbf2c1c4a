// The table of hooks: what stands behind each name, and what is handed out for it.
#include "hooks.h"

void *g_real[HOOK_COUNT];
u8 g_passing[HOOK_COUNT];

#define X(name, kind) extern const u8 hook_##name[] __attribute__((visibility("hidden")));
ALL_NAMES(X)
#undef X

static const struct {
    const char *name;
    const u8 *hook;
} g_hooks[HOOK_COUNT] = {
#define X(name, kind) {#name, hook_##name},
    ALL_NAMES(X)
#undef X
};

static u8 g_by_hash[512]; // 1 + index; 0 is empty

static u32 hash_of_name(const char *name)
{
    u32 hash = 2166136261u;
    while (*name)
        hash = (hash ^ (u8)*name++) * 16777619u;
    return (hash ^ hash >> 15) & (COUNT(g_by_hash) - 1);
}

_Static_assert(HOOK_COUNT < 255, "an index is a byte");

// Only the names of the C library at once: what an allocator adds is looked up when its hook is first called, and may come with a later dlopen.
void hooks_resolve(void)
{
    for (u32 i = 0; i < HOOK_COUNT; i++) {
        u32 at = hash_of_name(g_hooks[i].name);
        while (g_by_hash[at])
            at = (at + 1) & (COUNT(g_by_hash) - 1);
        g_by_hash[at] = (u8)(i + 1);
    }
    g_real[HOOK_malloc] = elf_symbol("malloc");
    g_real[HOOK_free] = elf_symbol("free");
    g_real[HOOK_calloc] = elf_symbol("calloc");
    g_real[HOOK_realloc] = elf_symbol("realloc");
}

// libstdc++ and libc++: their operator new calls malloc and does nothing else that could be seen.
static int is_cxx_runtime(const char *path)
{
    for (; path && *path; path++)
        if (after_prefix(path, "/libstdc++.so") || after_prefix(path, "/libc++.so") || after_prefix(path, "/libc++abi.so"))
            return 1;
    return 0;
}

COLD void *resolve(enum hook hook)
{
    if (!load_acquire(&g_agent.initialized))
        agent_initialize();
    struct link_map *module = NULL, *heap = NULL;
    void *found = elf_symbol_and_module(g_hooks[hook].name, &module);
    elf_symbol_and_module("malloc", &heap);
    g_passing[hook] = (u8)(!module || module == heap ? DIRECTLY : is_cxx_runtime(module->l_name) ? THROUGH_MALLOC : PERHAPS_THROUGH_MALLOC);
    store_release(&g_real[hook], found);
    return found;
}

// The hook for a name, or NULL. `real` gets the function behind it.
void *hook_for_name(const char *name, void **real)
{
    for (u32 at = hash_of_name(name); g_by_hash[at]; at = (at + 1) & (COUNT(g_by_hash) - 1)) {
        u32 i = g_by_hash[at] - 1u;
        if (!same_text(g_hooks[i].name, name))
            continue;
        void *behind = g_real[i] ? g_real[i] : resolve((enum hook)i);
        if (real)
            *real = behind;
        return behind ? (void *)g_hooks[i].hook : NULL;
    }
    return NULL;
}
