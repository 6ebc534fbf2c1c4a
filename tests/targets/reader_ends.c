// Ways to end or change: reader_ends leader | zombie | exec | exit. What happens later happens on a line of stdin.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_ready(void)
{
    printf("ready\n");
    fflush(stdout);
}

static void *live_on(void *unused)
{
    (void)unused;
    usleep(50000);
    say_ready();
    while (getchar() != EOF)
        ;
    exit(0);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "plain";
    pthread_t thread;
    if (strcmp(mode, "leader") == 0) {
        char *held = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(held, 1, 1 << 20);
        printf("held %p\n", (void *)held);
        pthread_create(&thread, NULL, live_on, NULL);
        pthread_exit(NULL);
    }
    if (strcmp(mode, "zombie") == 0) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        siginfo_t info;
        waitid(P_PID, child, &info, WEXITED | WNOWAIT);
        printf("child %d\n", child);
    }
    say_ready();
    if (getchar() == EOF)
        return 0;
    if (strcmp(mode, "exec") == 0)
        execl("/proc/self/exe", argv[0], "again", NULL);
    if (strcmp(mode, "again") == 0)
        while (getchar() != EOF)
            ;
    return 0;
}
