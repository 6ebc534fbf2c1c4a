// Linked into a copy of the agent that is built with -DCHECK_UNWIND: unwinds every recorded stack again with libunwind and counts how the two
// compare. At the end of the process it adds a line to the file that VMATLAS_CHECK names.
#define UNW_LOCAL_ONLY
#include <fcntl.h>
#include <libunwind.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long g_equal, g_different, g_ours_longer, g_theirs_longer, g_truncated;
static unsigned g_seen;
static char g_examples[16384];
static size_t g_used;

__attribute__((visibility("hidden"))) void check_unwind(const unsigned long *ours, unsigned count, int truncated)
{
    static __thread int inside;
    static unw_context_t context; // one thread at a time, by the caller's lock
    static unw_cursor_t cursor;
    static unsigned long theirs[8192];
    unsigned n = 0, first = 0;
    if (inside)
        return;
    inside = 1;
    unw_getcontext(&context);
    unw_init_local(&cursor, &context);
    while (n < sizeof theirs / sizeof *theirs && unw_step(&cursor) > 0) {
        unw_word_t pc;
        unw_get_reg(&cursor, UNW_REG_IP, &pc);
        if (!pc)
            break;
        theirs[n++] = pc;
    }
    while (first < n && first < 16 && theirs[first] != ours[0])
        first++;
    unsigned other = n - first, i = 0;
    while (i < count && i < other && ours[i] == theirs[first + i])
        i++;
    // A stack deeper than the agent keeps is cut, and says so.
    if (i == count && (i == other || (truncated && count == 4096)))
        __atomic_add_fetch(&g_equal, 1, __ATOMIC_RELAXED);
    else {
        if (truncated)
            __atomic_add_fetch(&g_truncated, 1, __ATOMIC_RELAXED);
        if (i == other)
            __atomic_add_fetch(&g_ours_longer, 1, __ATOMIC_RELAXED);
        else if (i == count)
            __atomic_add_fetch(&g_theirs_longer, 1, __ATOMIC_RELAXED);
        else
            __atomic_add_fetch(&g_different, 1, __ATOMIC_RELAXED);
        if (__atomic_fetch_add(&g_seen, 1, __ATOMIC_RELAXED) < 6)
            g_used += (size_t)snprintf(g_examples + g_used, sizeof g_examples - g_used, "  at %u of ours %u theirs %u: %lx %lx before %lx leaf %lx\n", i, count, other,
                i < count ? ours[i] : 0, i < other ? theirs[first + i] : 0, i ? ours[i - 1] : 0, ours[0]);
    }
    inside = 0;
}

__attribute__((destructor)) static void report(void)
{
    char line[512];
    const char *path = getenv("VMATLAS_CHECK");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (fd < 0)
        return;
    int length = snprintf(line, sizeof line, "equal %ld different %ld ours_longer %ld theirs_longer %ld truncated %ld\n", g_equal, g_different, g_ours_longer,
        g_theirs_longer, g_truncated);
    if (write(fd, line, (size_t)length) != length || (getenv("VMATLAS_CHECK_MAPS") && write(fd, g_examples, g_used) < 0))
        abort();
    if (getenv("VMATLAS_CHECK_MAPS") && g_used) {
        int maps = open("/proc/self/maps", O_RDONLY);
        char buffer[4096];
        for (ssize_t n; (n = read(maps, buffer, sizeof buffer)) > 0;)
            if (write(fd, buffer, (size_t)n) != n)
                abort();
    }
    close(fd);
}
