// Threads that map, split and unmap all the time beside mappings that stay: reader_churn THREADS ANCHORS.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void *churn(void *seed)
{
    unsigned state = (unsigned)(uintptr_t)seed;
    for (;;) {
        size_t pages = 2 + rand_r(&state) % 30;
        char *at = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED)
            continue;
        at[0] = 1;
        mprotect(at + 4096, 4096, PROT_READ);
        if (rand_r(&state) & 1)
            munmap(at + 4096, 4096);
        munmap(at, pages * 4096);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 2, anchors = argc > 2 ? atoi(argv[2]) : 500;
    char *first = mmap(NULL, (size_t)anchors * 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < anchors; i++) {
        mprotect(first + (size_t)i * 8192, 4096, PROT_READ | PROT_WRITE);
        first[(size_t)i * 8192] = 1;
    }
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, churn, (void *)(uintptr_t)(i + 1));
    }
    printf("first %p\nanchors %d\nready\n", (void *)first, anchors);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
