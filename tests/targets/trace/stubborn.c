// What makes it hard to stay with a program: the argument says what. It asks for WARM blocks before, and for a number of blocks afterwards that the test knows.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WARM = 1000, MANY = 100000, THREADS = 2000, STACK = 1 << 18 };

extern char **environ;

static void *volatile g_kept;

static __attribute__((noinline)) void work(int count)
{
    for (int i = 0; i < count; i++) {
        void *block = malloc(100 + i % 50);
        g_kept = block;
        free(block);
    }
}

static void *work_a_little(void *given)
{
    work(20);
    free(given);
    return malloc(10);
}

static int work_in_the_same_memory(void *unused)
{
    (void)unused;
    work(1000);
    return 3;
}

static void on_signal(int signal)
{
    (void)signal;
    work(10);
}

static void threads(int count)
{
    static pthread_t all[THREADS];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    for (int i = 0; i < count; i++)
        if (pthread_create(&all[i], &small, work_a_little, malloc(9)))
            exit(8);
    for (int i = 0; i < count; i++) {
        void *result;
        pthread_join(all[i], &result);
        free(result);
    }
}

static int close_all(const char *unused) { (void)unused; return close_range(3, ~0u, 0); }

static int no_descriptors(const char *unused)
{
    (void)unused;
    struct rlimit three = {3, 3};
    setrlimit(RLIMIT_NOFILE, &three);
    threads(8);
    return 0;
}

static int strict(const char *unused)
{
    (void)unused;
    prctl(PR_SET_SECCOMP, 1);
    work(50);
    return (int)syscall(SYS_exit, 4);
}

static int no_counter(const char *unused)
{
    (void)unused;
    prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
    return 0;
}

static int other_root(const char *folder) { return chroot(folder); }

static int not_dumpable(const char *unused) { (void)unused; return prctl(PR_SET_DUMPABLE, 0); }

static int spawns(const char *unused)
{
    (void)unused;
    for (int i = 0; i < 50; i++) {
        pid_t child;
        int status = 0;
        if (posix_spawnp(&child, "true", NULL, NULL, (char *[]){"true", NULL}, environ) || waitpid(child, &status, 0) != child || status)
            return 9;
    }
    return 0;
}

static int shares_memory(const char *unused)
{
    (void)unused;
    static char stack[STACK] __attribute__((aligned(16)));
    for (int i = 0; i < 50; i++) {
        int status = 0;
        pid_t child = clone(work_in_the_same_memory, stack + STACK, CLONE_VM | SIGCHLD, NULL);
        if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 3)
            return 9;
    }
    return 0;
}

static int many_threads(const char *unused) { (void)unused; threads(THREADS); return 0; }

static int loads(const char *plugin)
{
    for (int i = 0; i < 1000; i++) {
        void *loaded = dlopen(plugin, RTLD_NOW);
        if (!loaded || dlclose(loaded))
            return 8;
    }
    return 0;
}

static int other_stack(const char *unused)
{
    (void)unused;
    static char memory[1 << 16];
    sigaltstack(&(stack_t){.ss_sp = memory, .ss_size = sizeof memory}, NULL);
    sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal, .sa_flags = SA_ONSTACK}, NULL);
    for (int i = 0; i < 5000; i++)
        raise(SIGUSR1);
    return 0;
}

// All at once: the ranges must not change while they are read.
static int unmaps(const char *unused)
{
    (void)unused;
    static struct {
        unsigned long from, to;
    } found[100];
    char line[4096];
    int count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        if (strstr(line, "/memfd:") && count < 100)
            sscanf(line, "%lx-%lx", &found[count].from, &found[count].to), count++;
    fclose(maps);
    for (int i = 0; i < count; i++)
        if (munmap((void *)found[i].from, found[i].to - found[i].from))
            return 9;
    return 0;
}

static const struct {
    const char *name;
    int (*does)(const char *);
} g_ways[] = {
    {"closes", close_all}, {"no-descriptors", no_descriptors}, {"strict", strict}, {"no-counter", no_counter}, {"chroot", other_root}, {"not-dumpable", not_dumpable},
    {"spawns", spawns}, {"shares", shares_memory}, {"threads", many_threads}, {"loads", loads}, {"other-stack", other_stack}, {"unmaps", unmaps},
};

int main(int count, char **arguments)
{
    work(WARM);
    for (size_t i = 0; count > 1 && i < sizeof g_ways / sizeof *g_ways; i++)
        if (strcmp(g_ways[i].name, arguments[1]) == 0) {
            int code = g_ways[i].does(count > 2 ? arguments[2] : NULL);
            work(MANY);
            return code;
        }
    return 7;
}
