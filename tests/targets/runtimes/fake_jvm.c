// A libjvm.so that describes structures as HotSpot does, all of which lie: offsets and values lead anywhere, lists lead back to themselves.
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

typedef struct { const char *type, *field, *kind; int32_t is_static; uint64_t offset; void *address; } row;

#define FIELDS(X) \
    X("Universe", "_collectedHeap", 1) X("CollectedHeap", "_reserved", 0) X("MemRegion", "_start", 0) X("MemRegion", "_word_size", 0) \
    X("CodeCache", "_low_bound", 1) X("CodeCache", "_high_bound", 1) X("CodeCache", "_heaps", 1) X("CodeHeap", "_segmap", 0) \
    X("VirtualSpace", "_low_boundary", 0) X("VirtualSpace", "_high_boundary", 0) X("GrowableArrayBase", "_len", 0) X("GrowableArray<int>", "_data", 0) \
    X("G1CollectedHeap", "_hrm", 0) X("HeapRegionManager", "_regions", 0) X("G1HeapRegionTable", "_base", 0) X("G1HeapRegionTable", "_length", 0) \
    X("HeapRegion", "_bottom", 0) X("HeapRegion", "_top", 0) X("HeapRegion", "_type", 0) X("HeapRegionType", "_tag", 0) \
    X("ParallelScavengeHeap", "_young_gen", 1) X("ParallelScavengeHeap", "_old_gen", 1) X("PSYoungGen", "_eden_space", 0) X("PSYoungGen", "_from_space", 0) \
    X("PSYoungGen", "_to_space", 0) X("PSOldGen", "_object_space", 0) X("MutableSpace", "_bottom", 0) X("MutableSpace", "_top", 0) X("MutableSpace", "_end", 0) \
    X("GenCollectedHeap", "_young_gen", 0) X("GenCollectedHeap", "_old_gen", 0) X("DefNewGeneration", "_eden_space", 0) X("Space", "_bottom", 0) \
    X("ContiguousSpace", "_top", 0) X("BarrierSet", "_barrier_set", 1) X("CardTableBarrierSet", "_card_table", 0) X("CardTable", "_byte_map", 0) \
    X("CardTable", "_byte_map_size", 0) X("ClassLoaderDataGraph", "_head", 1) X("ClassLoaderData", "_next", 0) X("ClassLoaderData", "_klasses", 0) \
    X("Klass", "_layout_helper", 0) X("Klass", "_next_link", 0) X("InstanceKlass", "_constants", 0)

#define ROW(type, field, is_static) { type, field, "", is_static, 0, 0 },
static row rows[] = { FIELDS(ROW) { 0, 0, 0, 0, 0, 0 } };
row *gHotSpotVMStructs = rows;

enum { Words = 1 << 16 };
static uint64_t *page;

static uint64_t value(void)
{
    static const uint64_t odd[] = { 0, 1, 8, 4096, 1 << 16, 1ul << 31, 1ul << 32, 1ul << 43, 1ul << 46, 1ul << 47, 1ul << 63, ~0ul, ~0ul - 4095 };
    // Most lead back into the page, so that lists go on and structures are found.
    return rand() % 3 ? (uint64_t)(page + rand() % Words) : odd[rand() % (sizeof odd / sizeof *odd)];
}

__attribute__((constructor)) static void lie(void)
{
    srand(getenv("FAKE_SEED") ? (unsigned)atoi(getenv("FAKE_SEED")) : 1);
    page = mmap(0, Words * sizeof *page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < Words; i++)
        page[i] = value();
    for (row *r = rows; r->type; r++) {
        r->offset = rand() % 8 ? 8ul * (unsigned)(rand() % 64) : value();
        r->address = r->is_static ? page + rand() % Words : 0;
    }
}
