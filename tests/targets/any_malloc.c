// Takes memory from whichever malloc it is given, small, middling and large, and says where some of the blocks lie: "block ADDRESS".
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
    for (int i = 0; i < 200000; i++) {
        size_t size = 16 + (size_t)(i * 7919) % 3000;
        char *block = malloc(size);
        memset(block, 1, size);
        if (i % 1000 == 0)
            printf("block %lx\n", (unsigned long)block);
        if (i % 3 == 0)
            free(malloc(size / 2 + 1));
    }
    for (int i = 0; i < 40; i++) {
        size_t size = (size_t)(i + 1) * 60000;
        char *block = malloc(size);
        memset(block, 1, size);
        printf("block %lx\n", (unsigned long)block);
    }
    printf("ready\n");
    fflush(stdout);
    getchar();
    return 0;
}
