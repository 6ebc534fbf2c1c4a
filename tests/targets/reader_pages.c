// Pages in every plain state, at addresses it tells; ends when stdin closes.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static char *map(size_t pages, int protection, int flags)
{
    char *at = mmap(NULL, pages * 4096, protection, flags | MAP_ANONYMOUS, -1, 0);
    madvise(at, pages * 4096, MADV_NOHUGEPAGE);
    return at;
}

static void *wait_for_end(void *name)
{
    prctl(PR_SET_NAME, name);
    pause();
    return NULL;
}

int main(void)
{
    char *mixed = map(64, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    for (int page = 0; page < 16; page++)
        memset(mixed + page * 4096, 'a' + page, 4096); // 16 written, then 16 only read, 16 untouched, 16 guarded
    volatile char sum = 0;
    for (int page = 16; page < 32; page++)
        sum += mixed[page * 4096];
    int guarded = madvise(mixed + 48 * 4096, 16 * 4096, MADV_GUARD_INSTALL) == 0;
    char *hidden = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memset(hidden, 'h', 4 * 4096);
    mprotect(hidden, 4 * 4096, PROT_NONE);
    char *shared = map(8, PROT_READ | PROT_WRITE, MAP_SHARED);
    memset(shared, 's', 4 * 4096);
    char *huge = mmap(NULL, 64UL << 30, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mprotect(huge + (32UL << 30), 4096, PROT_READ | PROT_WRITE);
    huge[32UL << 30] = 1;
    pthread_t thread;
    pthread_create(&thread, NULL, wait_for_end, "na) (me");
    usleep(50000);
    printf("mixed %p %d\nguarded %d\nhidden %p\nshared %p\nreserved %p\nready\n", (void *)mixed, 64 * 4096, guarded, (void *)hidden, (void *)shared, (void *)huge);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
