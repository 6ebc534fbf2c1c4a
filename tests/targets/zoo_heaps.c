// Blocks of malloc: small ones of several arenas, one that grew over several heaps, and large ones that are mapped each by itself.
#define _GNU_SOURCE
#include "zoo.h"
#include <malloc.h>
#include <pthread.h>

enum { THREADS = 4 };

static pthread_barrier_t done;

static void *run(void *argument) {
    size_t bytes = *(size_t *)argument;
    for (size_t got = 0; got < bytes; got += 64 * KIB) {
        char *block = malloc(64 * KIB);
        memset(block, 1, 64 * KIB);
        if (got == 0 || got + 64 * KIB >= bytes)
            say_range("arena-block", block, 64 * KIB);
    }
    pthread_barrier_wait(&done);
    pause();
    return NULL;
}

int main(void) {
    mallopt(M_ARENA_TEST, 64);
    mallopt(M_MMAP_THRESHOLD, 128 * KIB);
    pthread_barrier_init(&done, NULL, THREADS + 1);
    static size_t bytes[THREADS] = { MIB, 2 * MIB, 150 * MIB, MIB };
    for (int i = 0; i < THREADS; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, run, &bytes[i]);
    }
    pthread_barrier_wait(&done);
    char *small = malloc(100);
    memset(small, 1, 100);
    say_range("break-block", small, 100);
    for (int i = 0; i < 5; i++) {
        char *block = malloc(1 * MIB);
        block[0] = 1;
        say_range("mapped-block", block, 1 * MIB);
    }
    char *alone = malloc(300 * KIB);
    memset(alone, 1, 300 * KIB);
    say_range("mapped-block", alone, 300 * KIB);
    hold_still();
    return 0;
}
