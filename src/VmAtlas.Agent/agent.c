// Starting, stopping, and what happens to the agent when the process forks or calls exec.
#include "agent.h"

union zeroed_page g_zeroed __attribute__((aligned(4096)));
struct agent g_agent = {.fd = -1};

static struct session *g_root; // session 0: the count of sessions lies there
static struct lock g_start_lock;

// The linker's own symbols: where our file begins in memory and where its code ends.
extern const u8 __ehdr_start[] __attribute__((visibility("hidden")));
extern const u8 etext[] __attribute__((visibility("hidden")));

// ---- our own mappings ----

static struct {
    u64 from, to; // to is 0 while it is none
} g_ours[16384];
static u32 g_ours_count;

void *noted_as_ours(void *mapped, size_t size)
{
    u32 i = mapped ? __atomic_fetch_add(&g_ours_count, 1, __ATOMIC_RELAXED) : (u32)COUNT(g_ours);
    if (i < COUNT(g_ours)) {
        g_ours[i].from = (u64)mapped;
        store_release(&g_ours[i].to, (u64)mapped + size);
    }
    return mapped;
}

void no_longer_ours(void *mapped)
{
    for (u32 i = 0; i < g_ours_count && i < COUNT(g_ours); i++)
        if (g_ours[i].from == (u64)mapped)
            g_ours[i].to = 0;
}

u64 ours_from(u64 from, u64 *to)
{
    u64 first = ~0ul;
    for (u32 i = 0; i < load_acquire(&g_ours_count) && i < COUNT(g_ours); i++) {
        u64 end = load_acquire(&g_ours[i].to), begin = g_ours[i].from;
        if (end > from && begin < first) {
            first = begin;
            *to = end;
        }
    }
    return first;
}

// ---- the shared file ----

static int identity_of(int fd, u64 identity[2])
{
    u64 stat[STAT_WORDS + 2];
    if (failed(sys6(SYS_fstat, fd, (long)stat, 0, 0, 0, 0)))
        return 0;
    identity[0] = stat[0];
    identity[1] = stat[1];
    return 1;
}

static int is_our_file(int fd)
{
    u64 identity[2];
    return fd >= 0 && identity_of(fd, identity) && identity[0] == g_agent.fd_identity[0] && identity[1] == g_agent.fd_identity[1];
}

// Programs that turn into daemons close every descriptor they find. The viewer still has the file.
static int reopen_file(void)
{
    static const char Digits[] = "0123456789";
    char path[64] = "/proc/", reversed[16];
    size_t length = 6;
    u32 numbers[2] = {g_agent.viewer_pid, g_agent.viewer_fd};
    for (int i = 0; i < 2; i++) {
        int n = 0;
        for (u32 value = numbers[i]; n == 0 || value; value /= 10)
            reversed[n++] = Digits[value % 10];
        while (n)
            path[length++] = reversed[--n];
        for (const char *more = i ? "" : "/fd/"; *more; more++)
            path[length++] = *more;
    }
    path[length] = 0;
    int fd = g_agent.viewer_pid ? sys_open(path, 02000002) : -1;
    if (fd >= 0 && !is_our_file(fd)) {
        sys_close(fd);
        return 0;
    }
    if (fd < 0)
        return 0;
    g_agent.fd = fd;
    return 1;
}

static void *map_of_file(u64 offset, size_t size)
{
    if (!is_our_file(g_agent.fd) && !reopen_file()) {
        if (g_agent.session)
            g_agent.session->lost_file = 1;
        return NULL;
    }
    return noted_as_ours(sys_map(size, MAP_SHARED, g_agent.fd, offset), size);
}

void *map_of_session(u64 offset, size_t size) { return map_of_file(g_agent.session_at + offset, size); }

// Out of the way of programs that expect to get the lowest numbers.
static void move_descriptor(int fd)
{
    for (int from = 960; from > 20; from /= 2) {
        long moved = sys6(SYS_fcntl, fd, 1030, from, 0, 0, 0); // F_DUPFD_CLOEXEC
        if (!failed(moved)) {
            sys_close(fd);
            fd = (int)moved;
            break;
        }
    }
    g_agent.fd = fd;
}

// ---- a session ----

static struct session *open_session(void)
{
    u32 index = __atomic_fetch_add(&g_root->sessions, 1, __ATOMIC_ACQ_REL);
    if (index >= MAX_SESSIONS)
        return NULL;
    g_agent.session_at = index * SESSION_STRIDE;
    struct session *session = index ? map_of_file(g_agent.session_at, HEADER_SIZE) : g_root;
    if (!session)
        return NULL;
    session->version = SESSION_VERSION;
    session->flags = g_root->flags & (index ? ~(u32)ATTACHED : ~0u);
    session->sample_interval = g_root->sample_interval;
    session->index = index;
    session->pid = sys_pid();
    session->parent_pid = index ? (u32)sys6(SYS_getppid, 0, 0, 0, 0, 0, 0) : 0;
    session->nodes = 1; // 0 means no stack
    session->agent_start = g_agent.code_start;
    session->agent_end = g_agent.code_end;
    session->began_ns = sys_monotonic_ns();
    session->began_ticks = g_agent.clock_is_ns ? session->began_ns : ticks_ordered();
    return session;
}

static int prepare_recording(void)
{
    struct session *session = open_session();
    if (!session)
        return 0;
    g_agent.session = session;
    g_agent.owner_pid = session->pid;
    g_agent.was_recording = 1;
    sys6(SYS_madvise, (long)&g_zeroed, PAGE, 18, 0, 0, 0); // MADV_WIPEONFORK
    g_zeroed.state.session_serial = ++g_agent.session_serial;
    forget_who_was_last();
    if (session->sample_interval)
        sample_initialize();
    store_release(&session->magic, SESSION_MAGIC);
    store_release(&session->state, SESSION_LIVE);
    return 1;
}

static void begin_recording(void)
{
    if (prepare_recording())
        store_release(&g_mode, g_agent.session->sample_interval ? MODE_SAMPLED : MODE_EXACT);
}

// The viewer does not answer: the program goes on as if we were not there.
// In this order: who gives a block back and sees that nothing is recorded any more must not have it handed out, in the record, to one who looked before.
void agent_stop_recording(void)
{
    store_release(&g_zeroed.state.session_serial, 0);
    store_release(&g_mode, MODE_OFF);
    g_agent.was_recording = 0;
}

void agent_give_up(void)
{
    agent_stop_recording();
    store_release(&g_agent.session->state, SESSION_GAVE_UP);
}

int agent_revive(void)
{
    if (likely(!g_agent.was_recording) || g_mode != MODE_OFF)
        return 0;
    u32 pid = sys_pid();
    if (pid == g_agent.owner_pid)
        return 0;
    if (!(g_agent.session->flags & FOLLOW_CHILDREN)) {
        g_agent.was_recording = 0;
        return 0;
    }
    g_agent.was_recording = 0;
    nodes_reset();
    modules_reset();
    begin_recording();
    return g_mode != MODE_OFF;
}

static int open_file(int fd)
{
    g_root = NULL;
    if (!identity_of(fd, g_agent.fd_identity))
        return 0;
    g_agent.fd = fd;
    g_root = map_of_file(0, HEADER_SIZE);
    if (!g_root || g_root->viewer_closed)
        return 0;
    g_agent.clock_is_ns = (g_root->flags & CLOCK_IS_NS) != 0;
    return 1;
}

static void prepare(void)
{
    elf_initialize();
    hooks_resolve();
    modules_initialize();
    g_agent.code_start = (u64)__ehdr_start;
    g_agent.code_end = (u64)etext;
}

// ---- the viewer's looks at the map ----

// A short program would be over before anybody looked. Whoever looks goes on reading; one that does not read any more is not waited for.
static void await_look(u32 number)
{
    enum { Step = 200, Patience = 2000000 / Step, Most = 10000000 / Step };
    struct session *session = g_agent.session;
    if (!(g_root->flags & AWAIT_LOOKS) || g_root->pid != sys_pid())
        return; // nobody looks at what it started
    store_release(&session->looks_wanted, number);
    u64 beat = 0;
    for (u32 i = 0, still = 0; i < Most && still < Patience && !g_root->viewer_closed && load_acquire(&session->looks) < number; i++) {
        u64 now = load_acquire(&session->viewer_beat);
        still = now == beat ? still + 1 : 0;
        beat = now;
        sys_sleep_us(Step);
    }
}

void agent_before_exit(void)
{
    if (g_agent.launched && g_mode != MODE_OFF && g_agent.owner_pid == sys_pid() && g_agent.session->looks_wanted < 2)
        await_look(2);
}

__attribute__((destructor)) static void ends(void) { agent_before_exit(); }

// ---- launched: LD_PRELOAD=<us>[:others] and VMATLAS_TRACE=fd:viewer pid:viewer fd ----

static const char Variable[] = "VMATLAS_TRACE=", Preload[] = "LD_PRELOAD=";
static char g_preload[4200], g_variable[80];

static void remember(char *to, size_t room, const char *text)
{
    size_t i = 0;
    for (; text[i] && i + 1 < room; i++)
        to[i] = text[i];
    to[i] = 0;
}

// Takes our two entries out of the environment, so that programs it starts get what they would have got.
static void strip(char **environment)
{
    char **to = environment;
    for (char **from = environment; *from; from++) {
        if (after_prefix(*from, Variable)) {
            remember(g_variable, sizeof g_variable, *from);
            continue;
        }
        char *list = (char *)after_prefix(*from, Preload);
        if (list) {
            remember(g_preload, sizeof g_preload, *from);
            char *rest = list;
            while (*rest && *rest != ':' && *rest != ' ')
                rest++;
            if (!*rest)
                continue;
            rest++;
            while ((*list++ = *rest++))
                ;
        }
        *to++ = *from;
    }
    *to = NULL;
}

static void launch(void)
{
    char **environment = elf_environment();
    const char *value = NULL;
    for (char **e = environment; e && *e && !value; e++)
        value = after_prefix(*e, Variable);
    if (!value)
        return;
    u64 numbers[3] = {0};
    for (u32 i = 0; i < COUNT(numbers); i++) {
        numbers[i] = read_number(&value);
        if (*value == ':')
            value++;
    }
    if (!open_file((int)numbers[0])) {
        strip(environment);
        return;
    }
    int follow = (g_root->flags & FOLLOW_CHILDREN) != 0;
    g_agent.viewer_pid = (u32)numbers[1];
    g_agent.viewer_fd = (u32)numbers[2];
    g_agent.launched = 1;
    if (follow)
        remember(g_variable, sizeof g_variable, "");
    else {
        move_descriptor(g_agent.fd);
        strip(environment);
    }
    begin_recording();
    if (g_mode != MODE_OFF)
        await_look(1);
}

void agent_initialize(void)
{
    lock_take(&g_start_lock);
    if (!g_agent.initialized) {
        prepare();
        store_release(&g_agent.initialized, 1);
        launch();
    }
    lock_drop(&g_start_lock);
}

// Programs that ask for no memory are traced too.
__attribute__((constructor)) static void begins(void)
{
    if (!load_acquire(&g_agent.initialized))
        agent_initialize();
}

// ---- attached ----

// Called by the tracer on one stopped thread. What is loaded stays: a thread may be inside it.
EXPORT int vmatlas_detach(void)
{
    agent_stop_recording();
    unpatch_all();
    if (g_agent.session)
        store_release(&g_agent.session->state, SESSION_DETACHED);
    if (is_our_file(g_agent.fd))
        sys_close(g_agent.fd);
    g_agent.fd = -1;
    return 0;
}

// Whoever reads the trace looks every few milliseconds. One that was killed could not say that it has gone.
static int viewer_lives(void)
{
    u64 beat = load_acquire(&g_agent.session->viewer_beat);
    for (int waited_ms = 0; waited_ms < 300 && !g_root->viewer_closed; waited_ms += 10) {
        sys_sleep_us(10000);
        if (load_acquire(&g_agent.session->viewer_beat) != beat)
            return 1;
    }
    return 0;
}

// Called by the tracer on one stopped thread; the others run. `fd` is the shared file. 0 when recording.
EXPORT int vmatlas_attach(int fd)
{
    if (!g_agent.initialized) {
        prepare();
        g_agent.initialized = 1;
    }
    if (g_mode != MODE_OFF) {
        if (viewer_lives())
            return 1;
        vmatlas_detach();
    }
    if (!open_file(fd))
        return 2;
    g_agent.owner_pid = 0;
    nodes_reset();
    modules_reset();
    if (!prepare_recording())
        return 3;
    move_descriptor(fd);
    // Recording begins when every slot leads to us: a block whose allocation was seen is not given back through a slot that was not patched yet.
    patch_new_modules();
    store_release(&g_mode, g_agent.session->sample_interval ? MODE_SAMPLED : MODE_EXACT);
    return 0;
}

// ---- exec ----

static char *g_environment[8192];

// The same process goes on as another program: it is traced on, so its environment gets our entries back.
char **agent_before_exec(char **environment)
{
    if (!g_agent.launched || g_mode == MODE_OFF || g_agent.owner_pid != sys_pid() || !is_our_file(g_agent.fd))
        return environment;
    store_release(&g_agent.session->state, SESSION_REPLACED);
    if (!*g_variable)
        return environment; // children are traced: the entries were never taken out
    u32 n = 0;
    // The number of the descriptor may be another by now.
    char number[96];
    remember(number, sizeof number, Variable);
    size_t at = sizeof Variable - 1;
    char digits[12];
    int count = 0;
    for (u32 fd = (u32)g_agent.fd; count == 0 || fd; fd /= 10)
        digits[count++] = (char)('0' + fd % 10);
    while (count)
        number[at++] = digits[--count];
    const char *rest = g_variable + sizeof Variable - 1;
    while (*rest && *rest != ':')
        rest++;
    remember(number + at, sizeof number - at, rest);
    remember(g_variable, sizeof g_variable, number);
    g_environment[n++] = g_variable;
    g_environment[n++] = g_preload;
    for (char **e = environment; e && *e && n + 1 < COUNT(g_environment); e++)
        if (!after_prefix(*e, Preload))
            g_environment[n++] = *e;
    g_environment[n] = NULL;
    sys6(SYS_fcntl, g_agent.fd, 2, 0, 0, 0, 0); // F_SETFD: stays open
    return g_environment;
}

void agent_after_exec(void)
{
    if (!g_agent.session || g_agent.session->state != SESSION_REPLACED)
        return;
    store_release(&g_agent.session->state, SESSION_LIVE);
    if (*g_variable)
        sys6(SYS_fcntl, g_agent.fd, 2, 1, 0, 0, 0);
}
