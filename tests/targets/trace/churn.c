// Allocates and frees along many call paths of a chosen depth, in a chosen number of threads, and says what it asked for.
//   churn [threads] [depth] [pairs] [leaf: pairs a visit] [hand over: blocks freed by the next thread] [step between sizes]
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static int g_depth, g_leaf, g_hand_over, g_step = 1;
static long g_pairs;

struct worker {
    pthread_t thread;
    uint64_t random, bytes;
    long count, left;
    int index;
};

static _Atomic(void *) g_mail[64];

static uint64_t next(struct worker *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

__attribute__((noinline)) static void leaf(struct worker *w)
{
    for (int i = 0; i < g_leaf && w->left > 0; i++, w->left--) {
        size_t size = 16 + next(w) % 4593 / (unsigned)g_step * (unsigned)g_step;
        volatile char *block = malloc(size);
        block[0] = 1;
        w->bytes += size;
        w->count++;
        if (g_hand_over) {
            void *other = atomic_exchange(&g_mail[(w->index * 7 + (int)(next(w) & 15)) & 63], (void *)block);
            free(other);
        } else
            free((void *)block);
    }
}

__attribute__((noinline)) static void right(struct worker *w, int depth, unsigned path);

__attribute__((noinline)) static void left(struct worker *w, int depth, unsigned path)
{
    volatile char room[40];
    room[0] = (char)depth;
    if (depth == 0)
        leaf(w);
    else if (path & 1)
        right(w, depth - 1, path >> 1);
    else
        left(w, depth - 1, path >> 1);
    room[1] = room[0];
}

__attribute__((noinline)) static void right(struct worker *w, int depth, unsigned path)
{
    volatile char room[88];
    room[0] = (char)depth;
    if (depth == 0)
        leaf(w);
    else if (path & 1)
        right(w, depth - 1, path >> 1);
    else
        left(w, depth - 1, path >> 1);
    room[1] = room[0];
}

static void *run(void *argument)
{
    struct worker *w = argument;
    while (w->left > 0)
        left(w, g_depth, (unsigned)(next(w) >> 20) & 63); // 64 paths that part near the root
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    g_depth = argc > 2 ? atoi(argv[2]) : 20;
    g_pairs = argc > 3 ? atol(argv[3]) : 1000000;
    g_leaf = argc > 4 ? atoi(argv[4]) : 16;
    g_hand_over = argc > 5 && atoi(argv[5]);
    g_step = argc > 6 ? atoi(argv[6]) : 1;
    struct worker *workers = calloc((size_t)threads, sizeof *workers);
    for (int i = 0; i < threads; i++) {
        workers[i].random = 88172645463325252ull + (unsigned)i * 7919u;
        workers[i].left = g_pairs;
        workers[i].index = i;
        if (i)
            pthread_create(&workers[i].thread, NULL, run, &workers[i]);
    }
    run(&workers[0]);
    uint64_t bytes = 0;
    long count = 0;
    for (int i = 0; i < threads; i++) {
        if (i)
            pthread_join(workers[i].thread, NULL);
        bytes += workers[i].bytes;
        count += workers[i].count;
    }
    for (int i = 0; i < 64; i++)
        free(g_mail[i]);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    fprintf(stderr, "blocks %ld\nbytes %llu\ncpu_us %ld\n", count, (unsigned long long)bytes,
        (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000l + use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    free(workers);
    return 0;
}
