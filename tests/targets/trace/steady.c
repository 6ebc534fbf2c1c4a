// Notices when it is disturbed: system calls that return early, registers and blocks that change, signals that get lost. While it runs, threads allocate and
// free, and know every block they have. It runs until its input closes, then says what it saw.
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static atomic_int g_stop, g_faults, g_interrupted, g_alarms;
static atomic_long g_blocks;

static void on_alarm(int signal)
{
    (void)signal;
    atomic_fetch_add(&g_alarms, 1);
}

static void *allocate(void *argument)
{
    enum { Held = 200 };
    unsigned char *held[Held] = {0};
    size_t sizes[Held] = {0};
    unsigned long random = 88172645463325252ul + (unsigned long)argument;
    while (!g_stop) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        int i = (int)((random >> 8) % Held);
        if (held[i]) {
            for (size_t k = 0; k < sizes[i]; k += 61)
                if (held[i][k] != (unsigned char)i)
                    g_faults++;
            if (random & 4) {
                free(held[i]);
                held[i] = NULL;
                continue;
            }
        }
        sizes[i] = 1 + random % 3000;
        held[i] = realloc(held[i], sizes[i]);
        memset(held[i], i, sizes[i]);
        atomic_fetch_add_explicit(&g_blocks, 1, memory_order_relaxed);
    }
    for (int i = 0; i < Held; i++)
        free(held[i]);
    return NULL;
}

static void *sleep_on(void *argument)
{
    (void)argument;
    double x = 1.0;
    while (!g_stop) {
        struct timespec time = {0, 3000000};
        if (nanosleep(&time, NULL) != 0 && errno == EINTR)
            g_interrupted++;
        int ends[2];
        if (pipe(ends) == 0) {
            struct pollfd look = {ends[0], POLLIN, 0};
            if (poll(&look, 1, 3) < 0 && errno == EINTR)
                g_interrupted++;
            close(ends[0]);
            close(ends[1]);
        }
        double y = x * 1.5 + 2.25;
        if (y != 3.75)
            g_faults++;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int workers = argc > 1 ? atoi(argv[1]) : 3;
    pthread_t threads[64], sleeper;
    sigset_t block, before;
    sigemptyset(&block);
    sigaddset(&block, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &block, &before); // only the main thread gets the alarms
    for (int i = 0; i < workers; i++)
        pthread_create(&threads[i], NULL, allocate, (void *)(long)(i * 977 + 1));
    pthread_create(&sleeper, NULL, sleep_on, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval every = {{0, 2000}, {0, 2000}};
    setitimer(ITIMER_REAL, &every, NULL);
    printf("ready\n");
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) != 0)
        if (errno == EINTR)
            g_interrupted++;
    g_stop = 1;
    for (int i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
    pthread_join(sleeper, NULL);
    printf("faults %d\ninterrupted %d\nalarms %d\nblocks %ld\n", g_faults, g_interrupted, g_alarms, g_blocks);
    return g_faults != 0;
}
