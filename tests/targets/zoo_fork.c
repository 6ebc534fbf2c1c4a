// Copy on write: a parent of 16 MiB and a child that wrote a quarter of them.
#define _GNU_SOURCE
#include "zoo.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

int main(void) {
    char *memory = map_apart(16 * MIB, READ_WRITE, ANON_PRIVATE);
    madvise(memory, 16 * MIB, MADV_NOHUGEPAGE);
    touch(memory, 16 * MIB);
    int done[2];
    if (pipe(done) != 0)
        return 3;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        touch(memory, 4 * MIB);
        if (write(done[1], "x", 1) != 1)
            _exit(3);
        for (;;)
            pause();
    }
    char byte;
    if (read(done[0], &byte, 1) != 1)
        return 3;
    say("child %d", child);
    say_range("memory", memory, 16 * MIB);
    hold_still();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
