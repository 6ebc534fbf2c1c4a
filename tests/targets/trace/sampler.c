// Allocates blocks of a fixed mix of sizes, keeps one in eight, and says the sums: sampler [blocks]
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static const size_t sizes[] = {16, 100, 1000, 5000, 40000};
    long blocks = argc > 1 ? atol(argv[1]) : 20000;
    unsigned long total = 0, live = 0;
    for (long i = 0; i < blocks; i++) {
        size_t size = sizes[i % 5];
        void *block = malloc(size);
        total += size;
        if (i % 8 == 0)
            live += size;
        else
            free(block);
    }
    fprintf(stderr, "total %lu\nlive %lu\nblocks %ld\n", total, live, blocks);
    return 0;
}
