// Ends by a signal, right after it made a mapping of 77 MiB: the argument says by which. "threads" allocate beside it to the last.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void *volatile g_kept;

static void *spin(void *unused)
{
    for (;;)
        free(malloc(100));
    return unused;
}

int main(int count, char **arguments)
{
    const char *way = count > 1 ? arguments[1] : "kill";
    for (int i = 0; i < 1000; i++)
        g_kept = malloc(64);
    pthread_t thread;
    for (int i = 0; i < 3 && strcmp(way, "threads") == 0; i++)
        pthread_create(&thread, NULL, spin, NULL);
    usleep(200 * 1000);
    const size_t size = 77 << 20;
    char *made = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(made, 1, 1 << 20);
    if (strcmp(way, "fault") == 0)
        **(int *volatile *)(made + 4096) = 0; // a pointer of ones
    if (strcmp(way, "abort") == 0)
        abort();
    if (strcmp(way, "wait") == 0)
    {
        puts("ready");
        fflush(stdout);
        pause();
    }
    kill(getpid(), SIGKILL);
    return 0;
}
