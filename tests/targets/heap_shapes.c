// Gives glibc's heap one of many shapes and says what malloc itself says of it. First argument: the shape.
// Prints mallinfo2's fields, "blocks COUNT USABLE" for what the program holds, then "ready"; holds still until its input closes.
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef HAS_NO_MALLINFO2 // before 2.33: the same in ints
#define mallinfo2 mallinfo
#endif

enum { MAX_THREADS = 64 };

struct worker {
    pthread_t thread;
    unsigned seed;
    int blocks;
    size_t min, max;
    int free_each; // every n-th block is freed again; 0: none
    size_t held, usable;
};

static pthread_barrier_t done;
static struct worker workers[MAX_THREADS];
static int worker_count;
static char output[8192];

static unsigned next(unsigned *seed) { return *seed = *seed * 1664525u + 1013904223u; }

static void *churn(struct worker *w) {
    // Mapped, not malloced: the list of blocks is not to be among them.
    void **blocks = mmap(NULL, (size_t)w->blocks * sizeof(void *), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < w->blocks; i++) {
        size_t size = w->min + (next(&w->seed) >> 4) % (w->max - w->min + 1);
        blocks[i] = malloc(size);
        memset(blocks[i], 0x5a, size < 10000 ? size : 64);
    }
    for (int i = 0; i < w->blocks; i++) {
        if (w->free_each && i % w->free_each == 0) {
            free(blocks[i]);
        } else {
            w->held++;
            w->usable += malloc_usable_size(blocks[i]);
        }
    }
    munmap(blocks, (size_t)w->blocks * sizeof(void *));
    return NULL;
}

static void *run(void *argument) {
    churn(argument);
    pthread_barrier_wait(&done);
    pause(); // alive, so that its tcache is too
    return NULL;
}

static void start(int threads, int blocks, size_t min, size_t max, int free_each) {
    pthread_barrier_init(&done, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++) {
        workers[i] = (struct worker){ .seed = 42u + (unsigned)i, .blocks = blocks, .min = min, .max = max, .free_each = free_each };
        pthread_create(&workers[i].thread, NULL, run, &workers[i]);
    }
    worker_count = threads;
    pthread_barrier_wait(&done);
    usleep(20000);
}

static void here(int blocks, size_t min, size_t max, int free_each) {
    struct worker *w = &workers[worker_count++];
    *w = (struct worker){ .seed = 7, .blocks = blocks, .min = min, .max = max, .free_each = free_each };
    churn(w);
}

// The program takes break space itself: the main arena goes on behind it, with a fence in front.
static void foreign_break(void) {
    here(20000, 16, 400, 3);
    if (sbrk(40960) == (void *)-1)
        abort();
    here(40000, 16, 400, 3);
}

// The break can not grow: the main arena goes on in memory that it maps.
static void no_break(void) {
    here(100, 16, 400, 3);
    uintptr_t end = ((uintptr_t)sbrk(0) + 4095) & ~(uintptr_t)4095;
    if (mmap((void *)end, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED)
        abort();
    here(4000, 16, 400, 3);
}

static void *never_rest(void *argument) {
    unsigned seed = (unsigned)(uintptr_t)argument;
    void *blocks[4096] = { 0 };
    for (;;) {
        void **block = &blocks[(next(&seed) >> 8) % 4096];
        free(*block);
        *block = malloc(16 + (next(&seed) >> 8) % 4000);
    }
    return NULL;
}

static void live(void) {
    pthread_t thread;
    for (uintptr_t i = 1; i <= 4; i++)
        pthread_create(&thread, NULL, never_rest, (void *)i);
    usleep(50000);
}

static void aligned(void) {
    for (int i = 0; i < 50; i++) {
        void *p;
        if (posix_memalign(&p, 64u << (i % 12), 1000 + 9000 * (size_t)i))
            abort();
        workers[0].held++;
        workers[0].usable += malloc_usable_size(p);
    }
    worker_count = 1;
}

// One long-lived size field in the middle of the heap is overwritten, as an overrun of the block before it would.
static void corrupt(void) {
    uint64_t *block = NULL;
    for (int i = 0; i < 4000; i++) {
        uint64_t *p = malloc(200);
        if (i == 2000)
            block = p;
    }
    for (int i = 0; i < 50; i++)
        free(malloc(3000 + 64 * (size_t)i));
    printf("corrupt %lx\n", (unsigned long)(block - 2));
    block[-1] = 0x4141414141414141;
}

int main(int argc, char **argv) {
    setvbuf(stdout, output, _IOFBF, sizeof output);
    // Opened first and never closed: what malloc says of itself must not change what it says it of.
    static char info_buffer[1 << 20];
    FILE *info = getenv("MALLOC_INFO") ? fopen(getenv("MALLOC_INFO"), "w") : NULL;
    if (info)
        setvbuf(info, info_buffer, _IOFBF, sizeof info_buffer);
    const char *shape = argc > 1 ? argv[1] : "plain";
    bool count = true;
    if (!strcmp(shape, "plain")) {
        here(20000, 16, 2000, 3);
    } else if (!strcmp(shape, "untouched")) {
        ;
    } else if (!strcmp(shape, "arenas")) {
        mallopt(M_ARENA_MAX, 32);
        start(16, 20000, 16, 1500, 2);
    } else if (!strcmp(shape, "shared")) {
        mallopt(M_ARENA_MAX, 4);
        start(17, 20000, 24, 120, 3); // ends up in tcaches and fastbins
    } else if (!strcmp(shape, "fastbins")) {
        here(200000, 24, 100, 2);
    } else if (!strcmp(shape, "large-arena")) {
        start(1, 60000, 1000, 9000, 4); // 300 MB: several heaps of one arena
    } else if (!strcmp(shape, "mapped")) {
        mallopt(M_MMAP_THRESHOLD, 128 * 1024);
        start(4, 300, 100000, 900000, 5);
    } else if (!strcmp(shape, "trimmed")) {
        here(30000, 500, 5000, 1);
        here(3000, 16, 900, 2);
        malloc_trim(0);
    } else if (!strcmp(shape, "growing")) {
        here(3000, 16, 900, 0);
    } else if (!strcmp(shape, "trimmable")) {
        here(10000, 3000, 9000, 2);
    } else if (!strcmp(shape, "foreign")) {
        foreign_break();
    } else if (!strcmp(shape, "aligned")) {
        aligned();
    } else if (!strcmp(shape, "big")) {
        here(argc > 2 ? atoi(argv[2]) : 1000000, 24, 184, 0);
    } else if (!strcmp(shape, "big-freed")) {
        here(argc > 2 ? atoi(argv[2]) : 1000000, 24, 184, 3);
    } else if (!strcmp(shape, "no-break")) {
        no_break();
    } else if (!strcmp(shape, "live")) {
        live();
        count = false;
    } else if (!strcmp(shape, "corrupt")) {
        corrupt();
        count = false;
    } else {
        fprintf(stderr, "no such shape: %s\n", shape);
        return 2;
    }

    if (count) {
        struct mallinfo2 m = mallinfo2();
        printf("arena %zu\nordblks %zu\nsmblks %zu\nhblks %zu\nhblkhd %zu\nfsmblks %zu\nuordblks %zu\nfordblks %zu\nkeepcost %zu\n",
               (size_t)m.arena, (size_t)m.ordblks, (size_t)m.smblks, (size_t)m.hblks, (size_t)m.hblkhd, (size_t)m.fsmblks,
               (size_t)m.uordblks, (size_t)m.fordblks, (size_t)m.keepcost);
        size_t held = 0, usable = 0;
        for (int i = 0; i < worker_count; i++)
            held += workers[i].held, usable += workers[i].usable;
        printf("blocks %zu\nusable %zu\nthreads %d\n", held, usable, worker_count);
    }
    if (info && (malloc_info(0, info) || fflush(info)))
        return 1;
    printf("ready\n");
    fflush(stdout);

    // A line "trim" gives back what malloc_trim can, "grow" leaks 500 blocks of 768 bytes; anything else but the end is ignored.
    char line[64];
    ssize_t n;
    while ((n = read(0, line, sizeof line)) > 0) {
        if (n >= 4 && !memcmp(line, "trim", 4)) {
            malloc_trim(0);
            if (write(1, "trimmed\n", 8) < 0)
                return 1;
        } else if (n >= 4 && !memcmp(line, "grow", 4)) {
            for (int i = 0; i < 500; i++)
                memset(malloc(768), 1, 768);
            if (write(1, "grown\n", 6) < 0)
                return 1;
        }
    }
    return 0;
}
