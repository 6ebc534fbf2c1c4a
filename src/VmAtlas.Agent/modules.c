// Which file's code lies where. Learnt when a stack first leads there: from the loader's own lock-free index (_dl_find_object, glibc 2.35), else
// from the system's list of mappings. No lock of the C library is ever taken. Each module is told to the viewer once.
#include "agent.h"

#define MAX_MODULES 4096u

struct dl_find_object {
    u64 flags;
    u64 start, end;
    struct link_map *map;
    const u8 *eh_frame_hdr;
    u64 reserved[7];
};

static int (*g_find_object)(void *, struct dl_find_object *);
static struct module g_modules[MAX_MODULES];
static u8 g_gone[MAX_MODULES];
static u32 g_count;
static u8 *g_log;
u64 g_stack_seed = 0x5851f42d4c957f2dul;

typedef struct {
    u32 type, flags;
    u64 offset, vaddr, paddr, filesz, memsz, align;
} program_header;

typedef struct {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, phoff, shoff;
    u32 flags;
    u16 ehsize, phentsize, phnum;
} elf_header;

enum { PT_LOAD = 1, PT_NOTE = 4, PT_GNU_EH_FRAME = 0x6474e550 };

struct facts {
    struct module module;
    const u8 *build_id;
    u32 build_id_length;
};

static void find_build_id(const u8 *note, u64 size, struct facts *facts)
{
    while (size >= 12) {
        const u32 *head = (const u32 *)note;
        u64 name = (head[0] + 3ul) & ~3ul, data = (head[1] + 3ul) & ~3ul;
        if (12 + name + data > size)
            return;
        if (head[2] == 3 && head[0] == 4 && same_text((const char *)note + 12, "GNU") && head[1] <= 64) {
            facts->build_id = note + 12 + name;
            facts->build_id_length = head[1];
            return;
        }
        note += 12 + name + data;
        size -= 12 + name + data;
    }
}

// Reads a module's own headers, which the loader maps at its start.
static int read_headers(u64 start, struct facts *facts)
{
    const elf_header *elf = (const elf_header *)start;
    if (!is_readable(start) || *(const u32 *)elf->ident != 0x464c457f || elf->phentsize != sizeof(program_header)
        || elf->phoff + elf->phnum * sizeof(program_header) > PAGE)
        return 0;
    const program_header *headers = (const program_header *)(start + elf->phoff);
    u64 first = ~0ul, last = 0;
    for (u32 i = 0; i < elf->phnum; i++)
        if (headers[i].type == PT_LOAD) {
            first = headers[i].vaddr < first ? headers[i].vaddr & ~(PAGE - 1) : first;
            last = headers[i].vaddr + headers[i].memsz > last ? headers[i].vaddr + headers[i].memsz : last;
        }
    u64 bias = start - first;
    facts->module = (struct module){.start = start, .end = (start + last - first + PAGE - 1) & ~(PAGE - 1), .bias = bias};
    for (u32 i = 0; i < elf->phnum; i++)
        if (headers[i].type == PT_GNU_EH_FRAME)
            facts->module.eh_frame_hdr = (const u8 *)(bias + headers[i].vaddr);
        else if (headers[i].type == PT_NOTE && !facts->build_id)
            find_build_id((const u8 *)(bias + headers[i].vaddr), headers[i].memsz, facts);
    return 1;
}

static void tell(const struct facts *facts, const char *path)
{
    struct session *session = g_agent.session;
    if (!g_log)
        g_log = map_of_session(LOG_AT, LOG_SIZE);
    size_t length = text_length(path);
    if (length > 4096)
        length = 4096;
    u32 size = (u32)((sizeof(struct module_record) + facts->build_id_length + length + 7) & ~7ul);
    if (!g_log || session->log_used + size > LOG_SIZE)
        return;
    struct module_record *record = (struct module_record *)(g_log + session->log_used);
    *record = (struct module_record){
        .start = facts->module.start, .end = facts->module.end, .bias = facts->module.bias, .size = size,
        .id_length = (u16)facts->build_id_length, .path_length = (u16)length,
    };
    u8 *text = (u8 *)(record + 1);
    for (u32 i = 0; i < facts->build_id_length; i++)
        *text++ = facts->build_id[i];
    for (size_t i = 0; i < length; i++)
        *text++ = (u8)path[i];
    store_release(&session->log_used, session->log_used + size);
}

static u64 identity_of(const struct facts *facts, const char *path)
{
    u64 hash = facts->module.start;
    for (u32 i = 0; i < facts->build_id_length; i++)
        hash = hash * 31 + facts->build_id[i];
    while (*path)
        hash = hash * 31 + (u8)*path++;
    return hash;
}

// A module that lies where another one was: addresses seen before mean something else now.
static void see_what_it_replaces(const struct module *module)
{
    for (u32 i = 0; i < g_count; i++)
        if (g_modules[i].start < module->end && g_modules[i].end > module->start) {
            if (g_modules[i].identity != module->identity)
                g_stack_seed = (g_stack_seed ^ module->start) * 0x9e3779b97f4a7c15ul;
            g_gone[i] = 1;
        }
}

static const struct module *add(struct facts *facts, const char *path)
{
    facts->module.identity = identity_of(facts, path);
    for (u32 i = 0; i < g_count; i++)
        if (g_modules[i].identity == facts->module.identity && g_gone[i]) {
            g_gone[i] = 0; // back where it was
            return &g_modules[i];
        }
    if (g_count == MAX_MODULES)
        return NULL;
    see_what_it_replaces(&facts->module);
    tell(facts, path);
    g_modules[g_count] = facts->module;
    store_release(&g_count, g_count + 1);
    return &g_modules[g_count - 1];
}

// ---- the system's list of mappings, where the loader has no index ----

struct line {
    u64 start, end, offset;
    const char *path;
};

static u64 read_hex(const char **text)
{
    u64 n = 0;
    for (;; (*text)++) {
        char c = **text;
        if (c >= '0' && c <= '9')
            n = n * 16 + (u64)(c - '0');
        else if (c >= 'a' && c <= 'f')
            n = n * 16 + (u64)(c - 'a' + 10);
        else
            return n;
    }
}

static void parse_line(const char *text, struct line *line)
{
    line->start = read_hex(&text);
    text++;
    line->end = read_hex(&text);
    text += 6;
    line->offset = read_hex(&text);
    while (*text && *text != '/' && *text != '[')
        text++;
    line->path = text;
}

// Calls `see` with each line until it says stop.
static void each_mapping(int (*see)(const struct line *, void *), void *context)
{
    static char buffer[16384];
    size_t held = 0;
    int fd = sys_open("/proc/self/maps", 02000000);
    if (fd < 0)
        return;
    for (long n; (n = sys_read(fd, buffer + held, sizeof buffer - 1 - held)) > 0;) {
        held += (size_t)n;
        size_t begin = 0;
        for (size_t i = 0; i < held; i++)
            if (buffer[i] == '\n') {
                struct line line;
                buffer[i] = 0;
                parse_line(buffer + begin, &line);
                begin = i + 1;
                if (see(&line, context))
                    goto done;
            }
        for (size_t i = begin; i < held; i++)
            buffer[i - begin] = buffer[i];
        held = begin ? held - begin : 0; // a line longer than the buffer is not one of a file we could name
    }
done:
    sys_close(fd);
}

struct search {
    u64 pc, image_start;
    char path[1024];
    int found;
};

static int see_mapping(const struct line *line, void *context)
{
    struct search *search = context;
    if (line->offset == 0 && (*line->path == '/' || same_text(line->path, "[vdso]"))) {
        search->image_start = line->start;
        for (size_t i = 0; i < sizeof search->path; i++)
            if (!(search->path[i] = line->path[i]))
                break;
        search->path[sizeof search->path - 1] = 0;
    }
    if (search->pc >= line->end)
        return 0;
    search->found = search->pc >= line->start && search->image_start && same_text(search->path, line->path);
    return 1;
}

static const struct module *module_from_mappings(u64 pc)
{
    static struct search search;
    search = (struct search){.pc = pc};
    each_mapping(see_mapping, &search);
    struct facts facts = {0};
    if (!search.found || !read_headers(search.image_start, &facts) || pc >= facts.module.end)
        return NULL;
    return add(&facts, search.path);
}

// Where no module lies, as the list of mappings had it: code compiled at run time. Forgotten with the modules.
static u64 g_nobody[64][2];
static u32 g_nobody_next;

static int is_nobodys(u64 pc)
{
    for (u32 i = 0; i < COUNT(g_nobody); i++)
        if (pc - g_nobody[i][0] < g_nobody[i][1])
            return 1;
    return 0;
}

static const struct module *module_by_loader(u64 pc)
{
    struct dl_find_object found = {0};
    if (g_find_object((void *)pc, &found))
        return NULL;
    struct facts facts = {0};
    if (!read_headers(found.start, &facts))
        facts.module = (struct module){.start = found.start, .end = found.end, .bias = found.map->l_addr};
    facts.module.eh_frame_hdr = found.eh_frame_hdr;
    static char program[1024]; // under the lock
    const char *name = found.map->l_name;
    if (name && *name)
        return add(&facts, name);
    // The loader knows the program itself by no name.
    long length = sys6(SYS_readlinkat, -100, (long)"/proc/self/exe", (long)program, sizeof program - 1, 0, 0);
    program[failed(length) ? 0 : length] = 0;
    return add(&facts, program);
}

const struct module *module_of(u64 pc)
{
    u32 count = load_acquire(&g_count);
    for (u32 i = 0; i < count; i++)
        if (pc >= g_modules[i].start && pc < g_modules[i].end && !g_gone[i])
            return &g_modules[i];
    lock_take(&g_zeroed.state.modules);
    const struct module *found = NULL;
    for (u32 i = count; i < g_count && !found; i++)
        if (pc >= g_modules[i].start && pc < g_modules[i].end)
            found = &g_modules[i];
    if (!found && g_find_object)
        found = module_by_loader(pc);
    else if (!found && !is_nobodys(pc)) {
        found = module_from_mappings(pc);
        if (!found) {
            u32 i = g_nobody_next++ % COUNT(g_nobody);
            g_nobody[i][0] = pc & ~0xfffful;
            g_nobody[i][1] = 0x10000;
        }
    }
    lock_drop(&g_zeroed.state.modules);
    return found;
}

// After dlclose: what the loader no longer has is gone.
void modules_closed(void)
{
    lock_take(&g_zeroed.state.modules);
    g_nobody_next = 0;
    for (u32 i = 0; i < COUNT(g_nobody); i++)
        g_nobody[i][0] = g_nobody[i][1] = 0;
    for (u32 i = 0; i < g_count; i++) {
        struct dl_find_object found;
        if (g_gone[i])
            continue;
        int there = g_find_object ? !g_find_object((void *)g_modules[i].start, &found) && found.start == g_modules[i].start
                                  : is_readable(g_modules[i].start) && *(const u32 *)g_modules[i].start == 0x464c457f;
        if (!there) {
            g_gone[i] = 1;
            rules_forget(g_modules[i].start, g_modules[i].end);
        }
    }
    lock_drop(&g_zeroed.state.modules);
}

void modules_initialize(void) { g_find_object = (int (*)(void *, struct dl_find_object *))elf_symbol("_dl_find_object"); }

// Everything is told again, to another session.
void modules_reset(void)
{
    g_count = 0;
    g_log = NULL;
    for (u32 i = 0; i < MAX_MODULES; i++)
        g_gone[i] = 0;
    rules_forget(0, ~0ul >> 1);
}
