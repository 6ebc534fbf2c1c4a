// What the compiler may call for copying and clearing, whatever it is told.
#include "types.h"

__attribute__((visibility("hidden"), optimize("no-tree-loop-distribute-patterns"))) void *memset(void *at, int value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((u8 *)at)[i] = (u8)value;
    return at;
}

__attribute__((visibility("hidden"), optimize("no-tree-loop-distribute-patterns"))) void *memcpy(void *to, const void *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}
