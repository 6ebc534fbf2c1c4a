// What arch_x86_64.h has, for arm64. Compiles; has not been run on a machine.
#pragma once
#include "types.h"

#define DWARF_FP 29
#define DWARF_SP 31
#define DWARF_RA 30

#define RELOC_GLOB_DAT 1025
#define RELOC_JUMP_SLOT 1026
#define RELOC_ABS64 257

enum {
    SYS_mmap = 222, SYS_mprotect = 226, SYS_munmap = 215, SYS_rt_sigprocmask = 135, SYS_nanosleep = 101, SYS_shmctl = 195, SYS_readlinkat = 78, SYS_getppid = 173, SYS_getpid = 172, SYS_fcntl = 25,
    SYS_prctl = 167, SYS_futex = 98, SYS_gettid = 178, SYS_clock_gettime = 113, SYS_openat = 56, SYS_read = 63, SYS_close = 57, SYS_fstat = 80, SYS_madvise = 233,
};

#define STAT_WORDS 16

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

static inline u64 ticks_unordered(void)
{
    u64 count;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count)::"memory");
    return count;
}

static inline u64 ticks_ordered(void)
{
    __asm__ volatile("isb" ::: "memory");
    return ticks_unordered();
}

static inline void relax(void) { __asm__ volatile("yield"); }

// With a frame record at the frame address: the caller's frame pointer and the return address. The caller's stack pointer is
// what the record's function had on entry, which the compiler knows.
#define CALLER_FRAME()                                                                                     \
    ({                                                                                                     \
        u64 *frame_ = (u64 *)__builtin_frame_address(0);                                                   \
        (struct where){.pc = frame_[1], .sp = (u64)__builtin_dwarf_cfa(), .fp = frame_[0]};                \
    })

// mov x8, #139; svc 0
static inline int is_signal_return(const u8 *code)
{
    static const u8 restore[] = {0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4};
    for (unsigned i = 0; i < sizeof restore; i++)
        if (code[i] != restore[i])
            return 0;
    return 1;
}

// rt_sigframe: siginfo (128 bytes), then struct ucontext whose registers begin at 184: x29, sp, pc.
#define SIGNAL_FP(sp) ((sp) + 128 + 184 + 29 * 8)
#define SIGNAL_SP(sp) ((sp) + 128 + 184 + 31 * 8)
#define SIGNAL_PC(sp) ((sp) + 128 + 184 + 32 * 8)

#define TAIL_JUMP(name, prepare)                                                                            \
    __asm__(".text\n.globl " #name "\n.type " #name ",%function\n" #name ":\n.cfi_startproc\n"              \
            "stp x29, x30, [sp, #-80]!\n.cfi_def_cfa_offset 80\n.cfi_offset 29, -80\n.cfi_offset 30, -72\n" \
            "stp x0, x1, [sp, #16]\nstp x2, x3, [sp, #32]\nstp x4, x5, [sp, #48]\nstp x6, x7, [sp, #64]\n"  \
            "add x2, sp, #80\nbl " #prepare "\nmov x16, x0\n"                                               \
            "ldp x0, x1, [sp, #16]\nldp x2, x3, [sp, #32]\nldp x4, x5, [sp, #48]\nldp x6, x7, [sp, #64]\n"  \
            "ldp x29, x30, [sp], #80\n.cfi_restore 29\n.cfi_restore 30\n.cfi_def_cfa_offset 0\nbr x16\n"    \
            ".cfi_endproc\n.size " #name ",.-" #name "\n")
