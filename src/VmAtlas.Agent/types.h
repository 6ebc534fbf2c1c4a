#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef int i32;
typedef long i64;
typedef unsigned long size_t;
typedef long ssize_t;
typedef long off_t;

#define NULL ((void *)0)
#define EXPORT __attribute__((visibility("default")))
#define COLD __attribute__((noinline, cold))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

// A point of execution as unwinding needs it.
struct where {
    u64 pc, sp, fp;
};
