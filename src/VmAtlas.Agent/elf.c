// The dynamic loader's list of loaded objects, their symbols and the slots through which they call each other.
#include "agent.h"

enum { DT_NULL, DT_PLTRELSZ = 2, DT_HASH = 4, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ, DT_JMPREL = 23, DT_DEBUG = 21 };
#define DT_GNU_HASH 0x6ffffef5
#define DT_VERSYM 0x6ffffff0

typedef struct {
    u32 name;
    u8 info, other;
    u16 section;
    u64 value, size;
} symbol;

typedef struct {
    u64 offset, info, addend;
} relocation;

struct r_debug {
    i32 version;
    struct link_map *map;
};

struct tables {
    const symbol *symbols;
    const char *names;
    const u32 *gnu_hash, *hash;
    const u16 *versions;
    const relocation *relocations, *calls;
    u64 relocations_size, calls_size;
};

extern struct r_debug _r_debug __attribute__((weak));
extern struct r_debug *_dl_debug_addr __attribute__((weak));
extern void *__libc_stack_end __attribute__((weak));
extern char **environ __attribute__((weak));
extern const u64 _DYNAMIC[] __attribute__((visibility("hidden")));

static struct link_map *g_maps;
static const u64 *g_program_headers; // of the program itself
static u32 g_program_header_count;

struct link_map *elf_modules(void) { return g_maps; }

static void read_tables(const struct link_map *map, struct tables *t)
{
    *t = (struct tables){0};
    for (const u64 *d = map->l_ld; d && d[0] != DT_NULL; d += 2) {
        // glibc relocates these in place, musl and the vdso do not.
        u64 there = d[1] < map->l_addr ? d[1] + map->l_addr : d[1];
        switch (d[0]) {
        case DT_SYMTAB: t->symbols = (const symbol *)there; break;
        case DT_STRTAB: t->names = (const char *)there; break;
        case DT_HASH: t->hash = (const u32 *)there; break;
        case DT_GNU_HASH: t->gnu_hash = (const u32 *)there; break;
        case DT_VERSYM: t->versions = (const u16 *)there; break;
        case DT_RELA: t->relocations = (const relocation *)there; break;
        case DT_RELASZ: t->relocations_size = d[1]; break;
        case DT_JMPREL: t->calls = (const relocation *)there; break;
        case DT_PLTRELSZ: t->calls_size = d[1]; break;
        }
    }
}

// Defined, a function or an object, and the version that an unversioned reference gets.
static int is_wanted(const struct tables *t, u32 index, const char *name)
{
    const symbol *s = &t->symbols[index];
    u8 type = s->info & 15;
    return s->section && s->value && (type <= 2 || type == 10) && !(t->versions && t->versions[index] & 0x8000) && same_text(t->names + s->name, name);
}

static const symbol *find_in(const struct tables *t, const char *name)
{
    if (!t->symbols || !t->names)
        return NULL;
    if (t->gnu_hash) {
        u32 hash = 5381;
        for (const u8 *c = (const u8 *)name; *c; c++)
            hash = hash * 33 + *c;
        const u32 *buckets = t->gnu_hash + 4 + 2 * t->gnu_hash[2], *chain = buckets + t->gnu_hash[0];
        u32 i = t->gnu_hash[0] ? buckets[hash % t->gnu_hash[0]] : 0;
        for (; i >= t->gnu_hash[1]; i++) {
            u32 there = chain[i - t->gnu_hash[1]];
            if ((there | 1) == (hash | 1) && is_wanted(t, i, name))
                return &t->symbols[i];
            if (there & 1)
                break;
        }
    } else if (t->hash) {
        u32 hash = 0;
        for (const u8 *c = (const u8 *)name; *c; c++) {
            hash = (hash << 4) + *c;
            hash = (hash ^ (hash & 0xf0000000) >> 24) & 0x0fffffff;
        }
        for (u32 i = t->hash[2 + hash % t->hash[0]]; i; i = t->hash[2 + t->hash[0] + i])
            if (is_wanted(t, i, name))
                return &t->symbols[i];
    }
    return NULL;
}

static int is_us(const struct link_map *map) { return map->l_ld == _DYNAMIC; }

// The first definition in the loader's order, ours left out: what callers get, or would get without us.
void *elf_symbol(const char *name)
{
    struct link_map *map;
    return elf_symbol_and_module(name, &map);
}

void *elf_symbol_and_module(const char *name, struct link_map **module)
{
    for (struct link_map *map = g_maps; map; map = map->l_next) {
        struct tables t;
        if (is_us(map))
            continue;
        read_tables(map, &t);
        const symbol *s = find_in(&t, name);
        if (s) {
            *module = map;
            return (void *)(map->l_addr + s->value);
        }
    }
    return NULL;
}

static void read_auxv(void)
{
    u64 auxv[64] = {0};
    int fd = sys_open("/proc/self/auxv", 02000000);
    if (fd < 0)
        return;
    long n = sys_read(fd, auxv, sizeof auxv - 16);
    sys_close(fd);
    for (long i = 0; i + 1 < n / 8 && auxv[i]; i += 2)
        if (auxv[i] == 3)
            g_program_headers = (const u64 *)auxv[i + 1];
        else if (auxv[i] == 5)
            g_program_header_count = (u32)auxv[i + 1];
}

// DT_DEBUG of the program itself leads to the list where no symbol does.
static struct link_map *maps_by_program(void)
{
    const u64 *dynamic = NULL, *header = g_program_headers;
    u64 bias = 0;
    for (u32 i = 0; i < g_program_header_count; i++, header += 7)
        if ((u32)header[0] == 6)
            bias = (u64)g_program_headers - header[2];
        else if ((u32)header[0] == 2)
            dynamic = (const u64 *)header[2];
    for (const u64 *d = dynamic ? (const u64 *)((u64)dynamic + bias) : NULL; d && d[0]; d += 2)
        if (d[0] == DT_DEBUG && d[1])
            return ((struct r_debug *)d[1])->map;
    return NULL;
}

void elf_initialize(void)
{
    read_auxv();
    if (&_r_debug && _r_debug.map)
        g_maps = _r_debug.map;
    else if (&_dl_debug_addr && _dl_debug_addr)
        g_maps = _dl_debug_addr->map;
    else
        g_maps = maps_by_program();
}

// The environment, even before the C library has begun: on the stack the kernel made, behind the arguments.
char **elf_environment(void)
{
    if (&environ && environ)
        return environ;
    if (!&__libc_stack_end || !__libc_stack_end)
        return NULL;
    u64 *stack = __libc_stack_end;
    return (char **)(stack + 1 + stack[0] + 1);
}

void elf_set_environment(char **environment)
{
    if (&environ)
        environ = environment;
}

// ---- slots ----

#define MAX_PATCHES 16384u

struct patch {
    u64 *slot;
    u64 was, is;
};

static struct patch g_patches[MAX_PATCHES];
static u32 g_patched;

struct known {
    const struct link_map *map;
    const u64 *dynamic;
};

static struct known g_known[4096];
static u32 g_known_count;

// The part of a module that the loader made read-only after it had filled it in.
static void find_relro(const struct link_map *map, u64 *start, u64 *end)
{
    const u64 *header;
    u32 count;
    *start = *end = 0;
    if (map == g_maps) {
        header = g_program_headers;
        count = g_program_header_count;
    } else {
        if (!is_readable(map->l_addr) || *(const u32 *)map->l_addr != 0x464c457f)
            return;
        header = (const u64 *)(map->l_addr + ((const u64 *)map->l_addr)[4]);
        count = ((const u16 *)map->l_addr)[28];
    }
    for (; count--; header += 7)
        if ((u32)header[0] == 0x6474e552) {
            *start = (map->l_addr + header[2]) & ~(PAGE - 1);
            *end = (map->l_addr + header[2] + header[5]) & ~(PAGE - 1);
        }
}

static int is_own_loader(const struct link_map *map)
{
    const char *name = map->l_name ? map->l_name : "", *last = name;
    for (; *name; name++)
        if (*name == '/')
            last = name + 1;
    return after_prefix(last, "ld-") || after_prefix(last, "linux-vdso") || after_prefix(last, "ld64.") || after_prefix(last, "linux-gate");
}

static void patch_slot(u64 *slot, u64 value)
{
    if (g_patched == MAX_PATCHES)
        return;
    g_patches[g_patched++] = (struct patch){.slot = slot, .was = *slot, .is = value};
    store_release(slot, value);
}

static void patch_relocations(const struct link_map *map, const struct tables *t, const relocation *r, u64 size)
{
    for (u64 i = 0; r && i < size / sizeof *r; i++) {
        u32 type = (u32)r[i].info;
        if ((type != RELOC_GLOB_DAT && type != RELOC_JUMP_SLOT && type != RELOC_ABS64) || (type == RELOC_ABS64 && r[i].addend))
            continue;
        const symbol *s = &t->symbols[r[i].info >> 32];
        u64 hook = (u64)hook_for_name(t->names + s->name, NULL);
        u64 *slot = (u64 *)(map->l_addr + r[i].offset);
        if (hook && *slot != hook)
            patch_slot(slot, hook);
    }
}

static int patch_module(const struct link_map *map)
{
    struct tables t;
    u64 start, end;
    if (is_us(map) || is_own_loader(map))
        return 0;
    read_tables(map, &t);
    if (!t.symbols || !t.names)
        return 0;
    find_relro(map, &start, &end);
    if (start < end)
        sys6(SYS_mprotect, (long)start, (long)(end - start), PROT_READ | PROT_WRITE, 0, 0, 0);
    patch_relocations(map, &t, t.relocations, t.relocations_size);
    patch_relocations(map, &t, t.calls, t.calls_size);
    if (start < end)
        sys6(SYS_mprotect, (long)start, (long)(end - start), PROT_READ, 0, 0, 0);
    return 1;
}

static int is_known(const struct link_map *map)
{
    for (u32 i = 0; i < g_known_count; i++)
        if (g_known[i].map == map && g_known[i].dynamic == map->l_ld)
            return 1;
    return 0;
}

// Every module not seen yet: at attach, later by the thread whose dlopen brought it. A slot is one aligned word, so a thread that calls through it
// meanwhile finds the one function or the other.
void patch_new_modules(void)
{
    lock_take(&g_zeroed.state.patch);
    for (struct link_map *map = g_maps; map && g_known_count < COUNT(g_known); map = map->l_next)
        if (!is_known(map)) {
            patch_module(map);
            g_known[g_known_count++] = (struct known){map, map->l_ld};
        }
    if (g_agent.session)
        g_agent.session->hooks = g_patched;
    lock_drop(&g_zeroed.state.patch);
}

// In the order of the list, so that what dlclose left behind is skipped: a slot is restored only where a module still has it.
static void unpatch_module(const struct link_map *map, u64 first, u64 last)
{
    u64 start, end;
    find_relro(map, &start, &end);
    if (start < end)
        sys6(SYS_mprotect, (long)start, (long)(end - start), PROT_READ | PROT_WRITE, 0, 0, 0);
    for (u32 i = 0; i < g_patched; i++) {
        struct patch *p = &g_patches[i];
        if ((u64)p->slot >= first && (u64)p->slot < last && *p->slot == p->is)
            store_release(p->slot, p->was);
    }
    if (start < end)
        sys6(SYS_mprotect, (long)start, (long)(end - start), PROT_READ, 0, 0, 0);
}

// From a module's first to its last relocated slot.
static void slots_of(const struct link_map *map, u64 *first, u64 *last)
{
    struct tables t;
    *first = ~0ul;
    *last = 0;
    read_tables(map, &t);
    for (int part = 0; part < 2; part++) {
        const relocation *r = part ? t.calls : t.relocations;
        for (u64 i = 0; r && i < (part ? t.calls_size : t.relocations_size) / sizeof *r; i++) {
            u64 at = map->l_addr + r[i].offset;
            *first = at < *first ? at : *first;
            *last = at + 8 > *last ? at + 8 : *last;
        }
    }
}

void unpatch_all(void)
{
    lock_take(&g_zeroed.state.patch);
    for (struct link_map *map = g_maps; map; map = map->l_next)
        if (is_known(map) && !is_us(map) && !is_own_loader(map)) {
            u64 first, last;
            slots_of(map, &first, &last);
            unpatch_module(map, first, last);
        }
    g_patched = g_known_count = 0;
    lock_drop(&g_zeroed.state.patch);
}

// A module that dlclose took away must be looked at again should another lie where it was.
void patches_forget_closed(void)
{
    lock_take(&g_zeroed.state.patch);
    u32 kept = 0;
    for (u32 i = 0; i < g_known_count; i++) {
        struct link_map *map = g_maps;
        while (map && (map != g_known[i].map || map->l_ld != g_known[i].dynamic))
            map = map->l_next;
        if (map)
            g_known[kept++] = g_known[i];
    }
    g_known_count = kept;
    lock_drop(&g_zeroed.state.patch);
}
