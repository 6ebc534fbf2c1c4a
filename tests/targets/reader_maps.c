// N mappings of one page each, touched, alternating in protection so that the kernel can not join them: reader_maps N [file].
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 65000;
    int file = argc > 2 ? open(argv[2], O_RDONLY) : -1;
    char *all = mmap(NULL, count * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED)
        return 2;
    madvise(all, count * 4096, MADV_NOHUGEPAGE);
    for (long page = 0; page < count; page++) {
        char *at = all + page * 4096;
        if (file >= 0 && mmap(at, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, (page & 1) * 4096) == MAP_FAILED)
            return 3;
        at[0] = 1;
        if (page & 1 && mprotect(at, 4096, PROT_READ) != 0)
            return 4;
    }
    printf("first %p\ncount %ld\nready\n", (void *)all, count);
    fflush(stdout);
    while (getchar() != EOF)
        ;
    return 0;
}
