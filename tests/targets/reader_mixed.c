// A private mapping of a file with anonymous and file pages, shared and not, told page by page; and a child that shares them.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
    char path[] = "/tmp/vmatlas-mixed-XXXXXX";
    int file = mkstemp(path);
    char page[4096];
    memset(page, 'f', sizeof page);
    for (int i = 0; i < 32; i++)
        if (write(file, page, sizeof page) != sizeof page)
            return 2;
    unlink(path);
    volatile char *at = mmap(NULL, 32 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
    madvise((void *)at, 32 * 4096, MADV_RANDOM); // no pages around those touched
    for (int i = 0; i < 8; i++)
        at[i * 4096] = 1; // 8 anonymous, shared with the child
    int up[2], down[2];
    if (pipe(up) != 0 || pipe(down) != 0)
        return 3;
    char byte = 0;
    if (fork() == 0) {
        close(down[1]);
        byte = at[0];
        if (write(up[1], &byte, 1) != 1 || read(down[0], &byte, 1) != 0)
            return 4;
        return 0;
    }
    close(down[0]);
    if (read(up[0], &byte, 1) != 1)
        return 5;
    for (int i = 8; i < 12; i++)
        at[i * 4096] = 1; // 4 anonymous, this process's alone
    for (int i = 12; i < 22; i++)
        byte += at[i * 4096]; // 10 of the file, mapped by this process alone
    printf("mixed %p\nalone %d\nready\n", (void *)at, 4 * 4096);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    close(down[1]);
    return 0;
}
