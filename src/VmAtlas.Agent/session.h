// What the agent and the viewer share: one sparse file in memory. src/VmAtlas.Tracing/Session/SessionLayout.cs says the same in C#.
//
//   session 0 | session 1 | …        one for each program traced, SESSION_STRIDE apart
//
//   session:  header | log of modules | table of nodes | rings
//
// The viewer makes the file as long as all of it; pages cost memory only once they are written. A session is claimed by an agent through
// `sessions` in the header of session 0. Whoever dies, what was published is there.
#pragma once
#include "base.h"

#define SESSION_MAGIC 0x31746c7461746d76ul
#define SESSION_VERSION 1
#define SESSION_STRIDE (1ul << 36)
#define MAX_SESSIONS 4096u

#define HEADER_SIZE (64ul << 10)
#define LOG_AT (1ul << 20)
#define LOG_SIZE (4ul << 20)
#define RINGS_AT (1ul << 30)
#define MAX_RINGS 4096u
#define RING_WORDS (128u << 10)
#define RING_STRIDE (PAGE + RING_WORDS * 8ul)
#define NODES_AT (1ul << 34)
#define NODES_A_CHUNK 65536u
#define MAX_CHUNKS 1024u

enum session_flag {
    FOLLOW_CHILDREN = 1,
    CLOCK_IS_NS = 2,   // the processor's counter can not be trusted: stamps are CLOCK_MONOTONIC
    DROP_WHEN_FULL = 4, // else a thread whose ring is full waits
    NO_STACKS = 8,
    ATTACHED = 16,
    AWAIT_LOOKS = 32, // a program that was launched waits when it begins, and before it ends, until the viewer has looked at its map
};

enum session_state { SESSION_UNUSED, SESSION_LIVE, SESSION_REPLACED, SESSION_DETACHED, SESSION_GAVE_UP };

// All counters only grow.
struct session {
    u64 magic;
    u32 version, flags;
    u64 sample_interval;
    u32 pid, parent_pid; // as the target sees them
    u32 state, index;
    u64 began_ticks, began_ns;
    u64 agent_start, agent_end; // our own code, which no stack shows
    u64 viewer_beat;            // the viewer adds to it whenever it looks
    u32 sessions;               // of session 0 only: claimed so far
    u32 viewer_closed;          // of session 0 only
    u32 rings;                  // slots used so far
    u32 nodes;                  // ids below this are told
    u32 log_used;
    u32 hooks;       // slots patched by attaching
    u64 dropped;     // operations seen and not recorded
    u32 lost_file;   // the target closed our descriptor: threads begun since are not recorded
    u32 looks_wanted; // 1 when the program begins, 2 when it ends
    u32 looks;        // the viewer's answers
    u32 detaching;    // the viewer is about to take the hooks out: nobody waits for room any more
};

enum ring_state { RING_FREE, RING_LIVE };

struct ring {
    // Written by the thread.
    u64 head;      // words published
    u64 open_from; // not 0: the thread is about to publish; future stamps are at least this, or, when it is 1, `stamp`
    u64 stamp;     // of the last event published
    u32 state, tid;
    u64 dropped;
    char name[16];
    // Written by the viewer.
    u64 tail __attribute__((aligned(128))); // words taken
};

enum node_kind { NODE_CALL, NODE_INTERRUPTED, NODE_TRUNCATED };

struct node {
    u64 pc;
    u32 parent;
    u32 kind;
};

// Followed by the build id and the path, padded to 8.
struct module_record {
    u64 start, end, bias;
    u32 size; // of the whole record
    u16 id_length, path_length;
};

// Words of a ring. First word: kind 4 | ticks since the event before 16 | address >> 3 44 bits.
enum word_kind {
    WORD_TIME = 1,  // ticks of the clock, the lower 60 bits; the event after it counts from here
    WORD_ALLOC = 2, // second word: site 32 | function 5 | size 27
    WORD_FREE = 3,
    WORD_DELETE = 4,
    WORD_DELETE_ARRAY = 5,
    WORD_LONG = 6, // function 8 | protection 8 | unused 28; then LONG_WORDS more
};

// address, size, old address, old size, site, ticks when what is old was given back (0: nothing was)
#define LONG_WORDS 6
#define SMALL_SIZE (1u << 27)

// The numbers of TraceFunction in C#.
enum function {
    FN_NONE, FN_MALLOC, FN_CALLOC, FN_REALLOC, FN_REALLOCARRAY, FN_POSIX_MEMALIGN, FN_ALIGNED_ALLOC, FN_MEMALIGN, FN_VALLOC, FN_PVALLOC, FN_FREE,
    FN_NEW, FN_NEW_ARRAY, FN_DELETE, FN_DELETE_ARRAY, FN_MMAP, FN_MUNMAP, FN_MREMAP, FN_MPROTECT, FN_BRK, FN_SBRK, FN_SHMAT, FN_SHMDT,
};
