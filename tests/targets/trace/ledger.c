// A program whose memory has plain owners: 1000 blocks of 64 bytes by keep_small and 10 of 100,000 by keep_large at its begin, then one of 4096 every 20 ms by
// leak_one, on a thread of its own, until its input closes, or for so many milliseconds when they are given: ledger [milliseconds [file]]. Into the file it
// writes how it was started: its folder, the variable LEDGER, and what a read of its input gives.
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *g_kept[1100];
static int g_count;

__attribute__((noinline)) static void keep_small(void)
{
    for (int i = 0; i < 1000; i++)
        g_kept[g_count++] = malloc(64);
}

__attribute__((noinline)) static void keep_large(void)
{
    for (int i = 0; i < 10; i++)
        g_kept[g_count++] = calloc(1, 100000);
}

__attribute__((noinline)) static void leak_one(void)
{
    void *volatile block = malloc(4096);
    memset(block, 1, 4096);
}

static void *leak(void *argument)
{
    for (;;) {
        poll(NULL, 0, 20);
        leak_one();
    }
    return argument;
}

static int say_how_started(const char *path)
{
    char folder[4096];
    FILE *file = fopen(path, "w");
    if (!file || !getcwd(folder, sizeof folder))
        return 1;
    const char *variable = getenv("LEDGER");
    fprintf(file, "%s\n%s\n%zd\n", folder, variable ? variable : "", read(0, folder, 1));
    return fclose(file);
}

int main(int argc, char **argv)
{
    if (argc == 3 && say_how_started(argv[2]))
        return 1;
    keep_small();
    keep_large();
    printf("ready\n");
    fflush(stdout);
    pthread_t thread;
    if (pthread_create(&thread, NULL, leak, NULL))
        return 1;
    struct pollfd input = {.fd = argc > 1 ? -1 : 0, .events = POLLIN};
    poll(&input, 1, argc > 1 ? atoi(argv[1]) : -1);
    return g_count == 1010 ? 0 : 2;
}
