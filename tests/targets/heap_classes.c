// Objects as a C++ compiler lays them out: each begins with a pointer into its class's virtual table, a symbol named _ZTV….
// Prints "object COUNT SIZE CLASS", then "ready"; ends when its input closes.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void method(void) {}

// Two words before the functions: offset to top, type information.
const void *widget_table[4] __asm__("_ZTVN3app6WidgetE") = { 0, 0, (void *)method, (void *)method };
const void *plain_table[3] __asm__("_ZTV5Plain") = { 0, 0, (void *)method };
const void *list_table[3] __asm__("_ZTVN3app4ListIiEE") = { 0, 0, (void *)method };

static void make(const char *name, const void **table, int count, size_t size) {
    for (int i = 0; i < count; i++) {
        const void **object = malloc(size);
        memset(object, 0, size);
        object[0] = table + 2;
    }
    printf("object %d %zu %s\n", count, size, name);
}

int main(void) {
    static char output[4096];
    setvbuf(stdout, output, _IOFBF, sizeof output);
    make("app::Widget", widget_table, 100, 72);
    make("Plain", plain_table, 40, 200);
    make("app::List<int>", list_table, 7, 24);
    printf("ready\n");
    fflush(stdout);
    char c;
    while (read(0, &c, 1) > 0)
        ;
    return 0;
}
