// Keeps known texts in known places and grows on request, for tests of whole commands.
// Says "ascii ADDRESS" and "utf16 ADDRESS"; each line on its input adds 4 MiB of touched memory and is answered with "grown".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int main(void)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    strcpy(page + 16, "the quick brown fox");
    const char *wide = "jumps over the lazy dog";
    for (size_t i = 0; i < strlen(wide); i++)
        page[512 + 2 * i] = wide[i];
    printf("ascii %p\nutf16 %p\nready\n", (void *)(page + 16), (void *)(page + 512));
    fflush(stdout);
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        char *more = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        memset(more, 1, 4 << 20);
        puts("grown");
        fflush(stdout);
    }
    return 0;
}
