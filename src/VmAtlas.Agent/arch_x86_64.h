// All that depends on the processor: system calls, the clock, how a call leaves its return address, what a signal frame looks like.
#pragma once
#include "types.h"

#define DWARF_FP 6
#define DWARF_SP 7
#define DWARF_RA 16

#define RELOC_GLOB_DAT 6
#define RELOC_JUMP_SLOT 7
#define RELOC_ABS64 1

enum {
    SYS_mmap = 9, SYS_mprotect = 10, SYS_munmap = 11, SYS_rt_sigprocmask = 14, SYS_nanosleep = 35, SYS_shmctl = 31, SYS_readlinkat = 267, SYS_getppid = 110, SYS_getpid = 39, SYS_fcntl = 72,
    SYS_prctl = 157, SYS_futex = 202, SYS_gettid = 186, SYS_clock_gettime = 228, SYS_openat = 257, SYS_read = 0, SYS_close = 3, SYS_fstat = 5, SYS_madvise = 28,
};

// struct stat: device and inode are the first two words.
#define STAT_WORDS 18

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
    return result;
}

static inline u64 ticks_unordered(void)
{
    u32 low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (u64)high << 32 | low;
}

// Waits for the loads before it: the one that got a block from another thread, or saw the memory free. Nothing after it needs to wait, since what it
// hands on becomes visible to others only when it has been executed itself.
static inline u64 ticks_ordered(void)
{
    __asm__ volatile("lfence" ::: "memory");
    return ticks_unordered();
}

static inline void relax(void) { __asm__ volatile("pause"); }

// A hook keeps a frame pointer: its frame address holds the caller's, and above it the return address.
#define CALLER_FRAME()                                                                                     \
    ({                                                                                                     \
        u64 *frame_ = (u64 *)__builtin_frame_address(0);                                                   \
        (struct where){.pc = frame_[1], .sp = (u64)(frame_ + 2), .fp = frame_[0]};                         \
    })

// At the address a signal handler returns to: mov $15,%rax; syscall. musl describes it by no unwind table.
static inline int is_signal_return(const u8 *code)
{
    static const u8 restore[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    for (unsigned i = 0; i < sizeof restore; i++)
        if (code[i] != restore[i])
            return 0;
    return 1;
}

// rt_sigframe as the handler's return leaves it: sp is at struct ucontext. gregs begin at 40; RBP is the 10th, RSP the 15th, RIP the 16th.
#define SIGNAL_FP(sp) ((sp) + 40 + 10 * 8)
#define SIGNAL_SP(sp) ((sp) + 40 + 15 * 8)
#define SIGNAL_PC(sp) ((sp) + 40 + 16 * 8)

// A function that leaves everything of its caller as it is: asks `prepare` where to go, with the first two arguments, then jumps there. The function it
// goes to sees the caller's return address: dlopen and dlsym look at that to know who asks.
#define TAIL_JUMP(name, prepare)                                                                                            \
    __asm__(".text\n.globl " #name "\n.type " #name ",@function\n" #name ":\n.cfi_startproc\n"                              \
            "push %rdi\n.cfi_adjust_cfa_offset 8\npush %rsi\n.cfi_adjust_cfa_offset 8\npush %rdx\n.cfi_adjust_cfa_offset 8\n" \
            "push %rcx\n.cfi_adjust_cfa_offset 8\npush %r8\n.cfi_adjust_cfa_offset 8\npush %r9\n.cfi_adjust_cfa_offset 8\n"   \
            "push %rax\n.cfi_adjust_cfa_offset 8\nlea 56(%rsp),%rdx\ncall " #prepare "\nmov %rax,%r11\n"                     \
            "pop %rax\n.cfi_adjust_cfa_offset -8\npop %r9\n.cfi_adjust_cfa_offset -8\npop %r8\n.cfi_adjust_cfa_offset -8\n"   \
            "pop %rcx\n.cfi_adjust_cfa_offset -8\npop %rdx\n.cfi_adjust_cfa_offset -8\npop %rsi\n.cfi_adjust_cfa_offset -8\n" \
            "pop %rdi\n.cfi_adjust_cfa_offset -8\njmp *%r11\n.cfi_endproc\n.size " #name ",.-" #name "\n")
