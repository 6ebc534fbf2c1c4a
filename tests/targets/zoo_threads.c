// Threads that know their stacks. Arguments: how many, and of which kind:
//   plain      made by the C library, each with its guard
//   own        made by the program: no guards, side by side in one mapping
//   mixed      both in turn
//   ended      as plain, then half of them end and are joined, so that the library keeps their stacks
//   leaderless as plain, then the first thread ends
#define _GNU_SOURCE
#include "zoo.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { STACK = 256 * 1024 };

static pthread_barrier_t all_told;
static pthread_mutex_t telling = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

struct worker {
    pthread_t thread;
    int number, ends;
};

static __thread char mark[6000];

static void tell(void) {
    pthread_attr_t attributes;
    void *start;
    size_t size, guard;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &start, &size);
    pthread_attr_getguardsize(&attributes, &guard);
    pthread_attr_destroy(&attributes);
    char name[16];
    prctl(PR_GET_NAME, name);
    pthread_mutex_lock(&telling);
    say("thread %ld %lx %zu %zu %s", syscall(SYS_gettid), (unsigned long)start, size, guard, name);
    say("local %ld %lx %lx", syscall(SYS_gettid), (unsigned long)pthread_self(), (unsigned long)mark);
    pthread_mutex_unlock(&telling);
}

static void *run(void *argument) {
    struct worker *worker = argument;
    char name[16];
    snprintf(name, sizeof name, "worker %d", worker->number);
    prctl(PR_SET_NAME, name);
    tell();
    pthread_barrier_wait(&all_told);
    if (worker->ends)
        return NULL;
    pthread_mutex_lock(&gate); // held by the first thread for good
    return NULL;
}

static void *wait_for_end(void *argument) {
    struct worker *first = argument;
    pthread_join(first->thread, NULL);
    hold_still();
    _exit(0);
}

int main(int count, char **arguments) {
    if (count < 3)
        return 2;
    int threads = atoi(arguments[1]);
    const char *kind = arguments[2];
    int own = !strcmp(kind, "own"), mixed = !strcmp(kind, "mixed"), ended = !strcmp(kind, "ended");
    // The struct of all workers is mapped, not malloced: no heap is needed.
    struct worker *workers = must_map(NULL, (size_t)threads * sizeof *workers, READ_WRITE, ANON_PRIVATE, -1, 0);
    char *stacks = must_map(NULL, (size_t)threads * STACK, READ_WRITE, ANON_PRIVATE | MAP_STACK, -1, 0);
    pthread_barrier_init(&all_told, NULL, (unsigned)threads + 1);
    pthread_mutex_lock(&gate);
    for (int i = 0; i < threads; i++) {
        pthread_attr_t attributes;
        pthread_attr_init(&attributes);
        if (own || (mixed && i % 2))
            pthread_attr_setstack(&attributes, stacks + (size_t)i * STACK, STACK);
        else
            pthread_attr_setstacksize(&attributes, STACK);
        workers[i] = (struct worker){ .number = i, .ends = ended && i % 2 };
        if (pthread_create(&workers[i].thread, &attributes, run, &workers[i]) != 0)
            return 3;
    }
    pthread_barrier_wait(&all_told);
    for (int i = 0; i < threads; i++) {
        if (workers[i].ends)
            pthread_join(workers[i].thread, NULL);
    }
    if (!strcmp(kind, "leaderless")) {
        struct worker first = { .thread = pthread_self() };
        pthread_t waiter;
        pthread_create(&waiter, NULL, wait_for_end, &first);
        pthread_exit(NULL);
    }
    hold_still();
    return 0;
}
