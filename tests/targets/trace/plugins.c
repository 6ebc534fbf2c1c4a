// Loads and unloads a library again and again, allocating through it: plugins LIBRARY; waits for its input to close first when a second argument is given.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 2) {
        char byte;
        printf("ready\n");
        fflush(stdout);
        if (read(0, &byte, 1) < 0)
            return 1;
    }
    for (int i = 0; i < 200; i++) {
        void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
        void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(library, "plugin_allocate");
        void *block = allocate(40001);
        if (i != 199)
            free(block);
        dlclose(library);
    }
    if (argc > 2) {
        char byte;
        printf("done\n");
        fflush(stdout);
        if (read(0, &byte, 1) < 0)
            return 1;
    }
    return 0;
}
