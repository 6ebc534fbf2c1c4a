// What the programs of the zoo share: saying what they made, and waiting.
#ifndef ZOO_H
#define ZOO_H

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE 4096ul
#define KIB 1024ul
#define MIB (1024 * KIB)

#define ANON_PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)
#define READ_WRITE (PROT_READ | PROT_WRITE)

// Not stdio: its buffer would be one more thing in the address space that the program does not tell of.
__attribute__((format(printf, 1, 2))) static inline void say(const char *format, ...) {
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    line[length] = '\n';
    if (write(STDOUT_FILENO, line, (size_t)length + 1) < 0)
        exit(3);
}

static inline void say_range(const char *key, const void *address, size_t size) {
    say("%s %lx %zu", key, (unsigned long)(uintptr_t)address, size);
}

// For what not every kernel, machine or right allows.
static inline void say_skipped(const char *key) { say("skipped %s: %s", key, strerror(errno)); }

static inline void *must_map(void *hint, size_t size, int protection, int flags, int file, off_t offset) {
    void *at = mmap(hint, size, protection, flags, file, offset);
    if (at == MAP_FAILED) {
        perror("mmap");
        exit(3);
    }
    return at;
}

static inline void touch(void *address, size_t size) {
    for (size_t i = 0; i < size; i += PAGE)
        ((volatile char *)address)[i] = (char)(1 + i / PAGE % 100);
}

// Maps with a page of shared memory on either side, so that no neighbour merges with it or looks like a part of it.
static inline char *map_apart_file(size_t size, int protection, int flags, int file) {
    char *frame = must_map(NULL, size + 2 * PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return must_map(frame + PAGE, size, protection, flags | MAP_FIXED, file, 0);
}

static inline char *map_apart(size_t size, int protection, int flags) { return map_apart_file(size, protection, flags, -1); }

static inline void hold_still(void) {
    say("ready");
    char byte;
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
}

#endif
