/* A Windows program that knows its heaps. It says "heap handle", of one heap each block it holds ("held address size") and each it gave back
   ("freed address size"), what HeapWalk counts of it ("walk blocks bytes"), in hexadecimal; then "ready". It ends when its standard input closes. */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>

enum { Blocks = 4000, Small = 300 };

static void say(const char *key, const void *address, unsigned long long size) {
    printf("%s %llx %llx\n", key, (unsigned long long)(ULONG_PTR)address, size);
}

/* Blocks of many sizes, so that no size has enough for a front end of its own; every third goes back. */
static void make_blocks(HANDLE heap) {
    static void *blocks[Blocks];
    for (int i = 0; i < Blocks; i++)
        blocks[i] = HeapAlloc(heap, 0, 24 + (SIZE_T)(i * 7919 % 30000));
    for (int i = 0; i < Blocks; i++) {
        if (i % 3 != 0)
            say("held", blocks[i], HeapSize(heap, 0, blocks[i]));
    }
    for (int i = 0; i < Blocks; i += 3) {
        say("freed", blocks[i], HeapSize(heap, 0, blocks[i]));
        HeapFree(heap, 0, blocks[i]);
    }
}

/* Many of one size: a front end takes them over. */
static void make_small(HANDLE heap) {
    static void *blocks[Small];
    for (int i = 0; i < Small; i++)
        blocks[i] = HeapAlloc(heap, 0, 48);
    for (int i = 0; i < Small; i++) {
        if (i % 5 == 0)
            HeapFree(heap, 0, blocks[i]);
        else
            say("held", blocks[i], 48);
    }
}

static void make_large(HANDLE heap) {
    for (int i = 0; i < 3; i++)
        say("large", HeapAlloc(heap, 0, (SIZE_T)(2 + i) << 20), (2ULL + i) << 20);
}

static void count(HANDLE heap) {
    PROCESS_HEAP_ENTRY entry = {0};
    unsigned long long blocks = 0, bytes = 0;
    while (HeapWalk(heap, &entry)) {
        if (entry.wFlags & PROCESS_HEAP_ENTRY_BUSY) {
            blocks++;
            bytes += entry.cbData;
        }
    }
    printf("walk %llx %llx\n", blocks, bytes);
}

int main(void) {
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    HANDLE heap = HeapCreate(0, 0, 0);
    make_blocks(heap);
    make_small(heap);
    make_large(heap);
    say("heap", heap, 0);
    say("defaultheap", GetProcessHeap(), 0);
    count(heap);
    printf("ready\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
