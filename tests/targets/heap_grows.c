// Three threads with an arena each. On "grow" each fills more of its arena and frees every second block, the main thread does the same, and two
// more threads begin arenas. Says each arena's first block as "block ADDRESS SIZE", and "grown" when all is done.
#define _GNU_SOURCE
#include "zoo.h"
#include <malloc.h>
#include <pthread.h>

enum { FIRST = 3, LATER = 2, BLOCK = 2000 };

static pthread_barrier_t begun, grow, grown;

static void fill(size_t bytes) {
    static _Thread_local void *last;
    for (size_t got = 0; got < bytes; got += 2 * BLOCK) {
        void *block = malloc(BLOCK);
        memset(block, 1, BLOCK);
        free(last);
        last = malloc(BLOCK);
        *(char *)last = 1;
    }
}

static void *early(void *unused) {
    say_range("block", malloc(BLOCK), BLOCK);
    pthread_barrier_wait(&begun);
    pthread_barrier_wait(&grow);
    fill(8 * MIB);
    pthread_barrier_wait(&grown);
    pause();
    return unused;
}

static void *late(void *unused) {
    fill(MIB);
    pthread_barrier_wait(&grown);
    pause();
    return unused;
}

int main(void) {
    mallopt(M_ARENA_TEST, 64);
    pthread_barrier_init(&begun, NULL, FIRST + 1);
    pthread_barrier_init(&grow, NULL, FIRST + 1);
    pthread_barrier_init(&grown, NULL, FIRST + LATER + 1);
    pthread_t thread;
    for (int i = 0; i < FIRST; i++)
        pthread_create(&thread, NULL, early, NULL);
    pthread_barrier_wait(&begun);
    say_range("block", malloc(BLOCK), BLOCK);
    say("ready");
    char line[16];
    if (read(STDIN_FILENO, line, sizeof line) <= 0)
        return 0;
    pthread_barrier_wait(&grow);
    fill(8 * MIB);
    for (int i = 0; i < LATER; i++)
        pthread_create(&thread, NULL, late, NULL);
    pthread_barrier_wait(&grown);
    say("grown");
    while (read(STDIN_FILENO, line, sizeof line) > 0)
        ;
    return 0;
}
