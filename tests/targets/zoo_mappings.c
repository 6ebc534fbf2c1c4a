// Very many mappings. Arguments: how many, and of which kind: anonymous (touched), untouched, file (a memfd), reserved (every other
// page inaccessible).
#define _GNU_SOURCE
#include "zoo.h"
#include <fcntl.h>

int main(int count, char **arguments) {
    if (count < 3)
        return 2;
    size_t size = (size_t)atol(arguments[1]) * PAGE;
    const char *kind = arguments[2];
    int file = -1;
    if (!strcmp(kind, "file")) {
        file = memfd_create("many", 0);
        if (ftruncate(file, (off_t)size) != 0)
            return 3;
    }
    int other = strcmp(kind, "reserved") ? PROT_READ : PROT_NONE;
    char *at = map_apart_file(size, READ_WRITE, file < 0 ? ANON_PRIVATE : MAP_PRIVATE, file);
    if (strcmp(kind, "untouched"))
        touch(at, size);
    for (size_t i = PAGE; i < size; i += 2 * PAGE) {
        if (mprotect(at + i, PAGE, other) != 0)
            return 3;
    }
    say_range("mappings", at, size);
    hold_still();
    return 0;
}
