// Everything that makes unwinding hard, each allocating once under a name of its own. Its output says which functions must be on the stack.
#include <alloca.h>
#include <csetjmp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <algorithm>
#include <stdexcept>
#include <vector>

static void *volatile g_last;
static volatile int g_sink;

#define CASE extern "C" __attribute__((noinline))

CASE void take(size_t size)
{
    g_last = malloc(size);
    free(g_last);
    g_sink = g_sink + 1;
}

CASE void with_alloca(int n)
{
    char *room = static_cast<char *>(alloca(static_cast<size_t>(n)));
    memset(room, 1, static_cast<size_t>(n));
    take(101);
    g_sink = room[n - 1];
}

CASE void with_alignment()
{
    alignas(64) volatile char room[256];
    room[0] = 1;
    char *more = static_cast<char *>(alloca(static_cast<size_t>(room[0]) * 100));
    memset(more, 2, 100);
    take(102);
    g_sink = room[1] + more[3];
}

CASE void with_rbp_as_data()
{
    __asm__ volatile("push %%rbp\n\tmov $0x1234567, %%ebp\n\tpop %%rbp" ::: "memory");
    take(103);
    g_sink = g_sink + 1;
}

CASE int compare(const void *a, const void *b)
{
    take(104);
    return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}

struct Guard {
    ~Guard() { take(105); }
};

CASE void throws(int depth)
{
    Guard guard;
    if (depth == 0)
        throw std::runtime_error("thrown on purpose, with a text too long to be kept inside");
    throws(depth - 1);
    g_sink = g_sink + 1;
}

static jmp_buf g_jump;

CASE void jumps(int depth)
{
    take(106);
    if (depth == 0)
        longjmp(g_jump, 1);
    jumps(depth - 1);
    g_sink = g_sink + 1;
}

CASE void on_signal(int)
{
    take(107);
    g_sink = g_sink + 1;
}

CASE void recurse(int depth)
{
    if (depth == 0)
        take(108);
    else
        recurse(depth - 1);
    g_sink = g_sink + 1;
}

static ucontext_t g_main, g_other;

CASE void coroutine()
{
    for (int i = 0; i < 3; i++) {
        take(109);
        swapcontext(&g_other, &g_main);
    }
}

CASE void run_coroutine()
{
    char *stack = static_cast<char *>(mmap(nullptr, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    getcontext(&g_other);
    g_other.uc_stack.ss_sp = stack;
    g_other.uc_stack.ss_size = 65536;
    g_other.uc_link = &g_main;
    makecontext(&g_other, coroutine, 0);
    for (int i = 0; i < 3; i++) {
        swapcontext(&g_main, &g_other);
        take(110);
    }
    munmap(stack, 65536);
}

// Machine code with a frame pointer and no table: push rbp; mov rbp, rsp; call [rdi]; pop rbp; ret
CASE void through_compiled_code()
{
    static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
    void *page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(page, code, sizeof code);
    void (*inner)() = [] { take(111); };
    reinterpret_cast<void (*)(void (*)())>(page)(inner);
    munmap(page, 4096);
}

CASE void *in_thread(void *)
{
    recurse(30);
    return nullptr;
}

int main()
{
    for (int round = 0; round < 20; round++) {
        with_alloca(100 + round * 300);
        with_alignment();
        with_rbp_as_data();
        std::vector<int> numbers{5, 3, 9, 1, 7};
        qsort(numbers.data(), numbers.size(), sizeof(int), compare);
        std::stable_sort(numbers.begin(), numbers.end(), [](int a, int b) { take(112); return a > b; });
        try {
            throws(5);
        } catch (const std::exception &) {
            take(113);
        }
        if (setjmp(g_jump) == 0)
            jumps(6);
        recurse(500);
        recurse(round % 7);
        run_coroutine();
        through_compiled_code();
        stack_t alternate{};
        static char *signal_stack = static_cast<char *>(malloc(65536));
        alternate.ss_sp = signal_stack;
        alternate.ss_size = 65536;
        sigaltstack(&alternate, nullptr);
        struct sigaction action {};
        action.sa_handler = on_signal;
        action.sa_flags = round & 1 ? SA_ONSTACK : 0;
        sigaction(SIGUSR1, &action, nullptr);
        raise(SIGUSR1);
        pthread_t thread;
        pthread_create(&thread, nullptr, in_thread, nullptr);
        pthread_join(thread, nullptr);
    }
    recurse(6000);
    puts("done");
    return 0;
}
