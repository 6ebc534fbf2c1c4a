// Without any library, so that it can be built for 32 bits too. The nested function is GCC's own.
static inline int square(int x) { return x * x; }

static inline int add_squares(int a, int b) { return square(a) + square(b); }

__attribute__((noinline)) int table_sum(const int* table, int n) {
    int sum = 0;
    for (int i = 0; i < n; i++)
        sum += add_squares(table[i], i);
    return sum;
}

#ifdef NESTED
__attribute__((noinline)) int outer(int n) {
    __attribute__((noinline)) int inner(int x) { return square(x) + n; }
    return inner(n + 1) * inner(n + 2);
}
#else
__attribute__((noinline)) int outer(int n) { return square(n); }
#endif

int answers[4] = { 1, 2, 3, 4 };

void _start(void) {
    volatile int out = table_sum(answers, 4) + outer(answers[1]);
    (void)out;
    __builtin_trap();
}
