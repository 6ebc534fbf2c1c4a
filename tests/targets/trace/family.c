// What happens to a trace when a process forks, starts others and becomes another: family [environment|fork|exec|vfork|daemon|known PID]
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    void *mine = malloc(30001);
    if (!strcmp(what, "environment")) {
        for (char **e = environ; *e; e++)
            puts(*e);
        fflush(stdout);
        return system("env");
    }
    if (!strcmp(what, "fork")) {
        pid_t child = fork();
        void *ours = malloc(child ? 30003 : 30005);
        if (child == 0)
            _exit(ours == NULL);
        int status;
        waitpid(child, &status, 0);
        return WEXITSTATUS(status);
    }
    if (!strcmp(what, "vfork")) {
        pid_t child = vfork();
        if (child == 0) {
            execl("/bin/true", "true", (char *)NULL);
            _exit(1);
        }
        int status;
        waitpid(child, &status, 0);
        return malloc(30007) == NULL;
    }
    if (!strcmp(what, "exec")) {
        execlp(argv[0], argv[0], "after", (char *)NULL);
        return 1;
    }
    if (!strcmp(what, "after"))
        return malloc(30009) == NULL;
    if (!strcmp(what, "daemon")) {
        for (int fd = 3; fd < 4096; fd++)
            close(fd);
        for (int i = 0; i < 100000; i++)
            free(malloc(30011));
        return malloc(30013) == NULL;
    }
    if (!strcmp(what, "killed")) {
        for (int i = 0; i < 1000; i++)
            free(malloc(30015));
        raise(SIGKILL);
    }
    if (!strcmp(what, "forever")) {
        puts("ready");
        fflush(stdout);
        for (long i = 0;; i++) {
            free(malloc(30017));
            if (i == 3000000)
                return 0;
        }
    }
    if (!strcmp(what, "signals")) {
        raise(SIGTERM);
    }
    if (!strcmp(what, "leaf")) {
        char text[64];
        ssize_t n = read(0, text, sizeof text);
        if (write(1, text, (size_t)n) != n)
            return 1;
        return 42;
    }
    free(mine);
    return 0;
}
