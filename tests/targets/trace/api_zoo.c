// Calls every function that is traced with sizes that occur nowhere else, and keeps or frees the blocks as it says. Lines: "live SIZE" and "mapped SIZE".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

static void *g_keep[64];
static int g_kept;

static void keep(void *block, size_t size)
{
    if (!block)
        abort();
    g_keep[g_kept++] = block;
    fprintf(stderr, "live %zu\n", size);
}

static void *allocate_and_exit(void *argument)
{
    (void)argument;
    keep(malloc(50021), 50021);
    return NULL;
}

// Called with a stack that is off by 8, which malloc itself does not mind.
__attribute__((noinline)) static void *misaligned_malloc(size_t size)
{
    void *block;
    __asm__ volatile("sub $8, %%rsp\n\tcall malloc@PLT\n\tadd $8, %%rsp" : "=a"(block) : "D"(size) : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc");
    return block;
}

int main(void)
{
    void *block = NULL;
    char *(*by_symbol)(size_t) = (char *(*)(size_t))dlsym(dlopen("libc.so.6", RTLD_NOW), "malloc");
    keep(malloc(50001), 50001);
    keep(calloc(3, 50003), 3 * 50003);
    keep(realloc(malloc(70), 50005), 50005);
    keep(realloc(realloc(NULL, 50006), 50007), 50007);
    keep(reallocarray(NULL, 2, 50009), 2 * 50009);
    if (posix_memalign(&block, 256, 50011) == 0)
        keep(block, 50011);
    keep(aligned_alloc(64, 50048), 50048);
    keep(memalign(128, 50013), 50013);
    keep(valloc(50015), 50015);
    keep(pvalloc(50017), 50017);
    keep(by_symbol(50019), 50019);
    keep(misaligned_malloc(50023), 50023);
    keep(strdup("some text that strdup copies"), 29);
    keep(malloc(200000001), 200000001); // longer than the short form of an event has room for
    pthread_t thread;
    pthread_create(&thread, NULL, allocate_and_exit, NULL);
    pthread_join(thread, NULL);
    // A realloc that fails leaves the block; one to nothing frees it.
    volatile size_t too_much = PTRDIFF_MAX;
    void *stays = malloc(50025);
    if (realloc(stays, too_much) == NULL)
        keep(stays, 50025);
    void *gone = realloc(malloc(50027), 0);
    (void)gone;
    free(malloc(50029));

    char *map = mmap(NULL, 12345 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    map = mremap(map, 12345 * 4096, 23456 * 4096ul, MREMAP_MAYMOVE);
    mprotect(map, 4096, PROT_READ);
    munmap(map + 4096, 4096);
    int id = shmget(IPC_PRIVATE, 77777, IPC_CREAT | 0600);
    void *shared = shmat(id, NULL, 0);
    shmdt(shared);
    shmctl(id, IPC_RMID, NULL);
    char *end = sbrk(0);
    if (brk(end + 8192) != 0)
        abort();
    sbrk(-8192);
    fprintf(stderr, "map %lx\nshared %lx\nend %lx\n", (unsigned long)map, (unsigned long)shared, (unsigned long)end);
    fflush(stderr);
    _exit(7);
}
