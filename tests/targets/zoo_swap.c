// Memory of its own and memory that is shared, each half written out to swap, where there is any. Says how much it asked for.
#define _GNU_SOURCE
#include "zoo.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

enum { SIZE = 8 << 20 };

static void half_out(const char *key, int flags) {
    char *at = map_apart(SIZE, READ_WRITE, flags);
    madvise(at, SIZE, MADV_NOHUGEPAGE);
    touch(at, SIZE);
    if (madvise(at, SIZE / 2, MADV_PAGEOUT) == 0)
        say_range(key, at, SIZE);
    else
        say_skipped(key);
}

int main(void) {
    half_out("own", ANON_PRIVATE);
    half_out("shared", MAP_SHARED | MAP_ANONYMOUS);
    hold_still();
    return 0;
}
