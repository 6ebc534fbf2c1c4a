// Regions with known makers: makers FILE MILLISECONDS. Prints the address of each as "key address" lines, then lives on for so long.
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

__attribute__((noinline)) static void *make_private(void)
{
    char *made = mmap(NULL, 300 << 10, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // Its neighbour below must not be merged with it.
    mprotect(made, 4096, PROT_READ);
    return made;
}

__attribute__((noinline)) static void *make_file(const char *path)
{
    int file = open(path, O_RDONLY);
    void *made = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    return made;
}

__attribute__((noinline)) static void *make_small(void)
{
    void *block = NULL;
    for (int i = 0; i < 1000; i++) {
        block = malloc(64);
        memset(block, 1, 64);
    }
    return block;
}

__attribute__((noinline)) static void *make_large(void)
{
    void *block = malloc(3 << 20);
    memset(block, 1, 4096);
    return block;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    printf("private %p\n", make_private());
    printf("file %p\n", make_file(argv[1]));
    printf("small %p\n", make_small());
    printf("large %p\n", make_large());
    fflush(stdout);
    poll(NULL, 0, atoi(argv[2]));
    return 0;
}
