// Touches or maps when told to: "touch" or "map" on stdin, "done" on stdout.
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

// With untouchable neighbours, so that the kernel can not join what is mapped.
static char *map(size_t size)
{
    char *at = mmap(NULL, size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    mprotect(at + 4096, size, PROT_READ | PROT_WRITE);
    return at + 4096;
}

int main(void)
{
    char line[64];
    char *small = map(1 << 16), *quiet = map(1 << 16), *large = map(1UL << 32);
    madvise(large, 1UL << 32, MADV_NOHUGEPAGE);
    small[0] = quiet[0] = large[0] = 1;
    printf("small %p\nquiet %p\nlarge %p\nready\n", (void *)small, (void *)quiet, (void *)large);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (strcmp(line, "touch\n") == 0)
            small[8192] = large[1UL << 31] = 1;
        if (strcmp(line, "map\n") == 0)
            map(1 << 20);
        printf("done\n");
        fflush(stdout);
    }
    return 0;
}
