// Loaded objects as the loader knows them, one of them twice, and one deleted. Argument: a folder to put a copy of a library in.
#define _GNU_SOURCE
#include "zoo.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

// More than a page, so that it reaches into memory that is not of the file.
char bss[5 * 4096 + 123];

static int tell(struct dl_phdr_info *object, size_t size, void *unused) {
    (void)size, (void)unused;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD)
            say("segment %lx %lx %lu %s", (unsigned long)object->dlpi_addr, (unsigned long)(object->dlpi_addr + segment->p_vaddr),
                (unsigned long)segment->p_memsz, object->dlpi_name);
    }
    return 0;
}

static void copy(const char *from, const char *to) {
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
    struct stat facts;
    if (in < 0 || out < 0 || fstat(in, &facts) != 0 || sendfile(out, in, NULL, (size_t)facts.st_size) != facts.st_size)
        exit(3);
    close(in);
    close(out);
}

int main(int count, char **arguments) {
    if (count < 2)
        return 2;
    void *first = dlopen("libm.so.6", RTLD_NOW);
    void *second = dlmopen(LM_ID_NEWLM, "libm.so.6", RTLD_NOW);
    struct link_map *map;
    if (!first || !second || dlinfo(second, RTLD_DI_LINKMAP, &map) != 0)
        return 3;
    say("second-copy %lx %s", (unsigned long)map->l_addr, map->l_name);
    char path[4096];
    snprintf(path, sizeof path, "%s/libgone.so", arguments[1]);
    copy(map->l_name, path);
    if (!dlopen(path, RTLD_NOW))
        return 3;
    unlink(path);
    bss[sizeof bss - 1] = 1;
    say_range("bss", bss, sizeof bss);
    dl_iterate_phdr(tell, NULL);
    hold_still();
    return 0;
}
