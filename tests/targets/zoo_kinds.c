// One of every kind of memory that a map tells apart. First argument: a folder for its files.
#define _GNU_SOURCE
#include "zoo.h"
#include <linux/io_uring.h>
#include <fcntl.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static const char *folder;

static void private_memory(void) {
    say_range("untouched", map_apart(64 * KIB, READ_WRITE, ANON_PRIVATE), 64 * KIB);
    char *touched = map_apart(64 * KIB, READ_WRITE, ANON_PRIVATE);
    touch(touched, 32 * KIB);
    say_range("half-touched", touched, 64 * KIB);
    say_range("prot-none", map_apart(1 * MIB, PROT_NONE, ANON_PRIVATE), 1 * MIB);
    say_range("noreserve", map_apart(1 * MIB, READ_WRITE, ANON_PRIVATE | MAP_NORESERVE), 1 * MIB);
    char *reserved = map_apart(1 * MIB, PROT_NONE, ANON_PRIVATE | MAP_NORESERVE);
    mprotect(reserved + 64 * KIB, 128 * KIB, READ_WRITE);
    touch(reserved + 64 * KIB, 128 * KIB);
    say_range("reservation", reserved, 1 * MIB);
    char *locked = map_apart(64 * KIB, READ_WRITE, ANON_PRIVATE);
    if (mlock(locked, 64 * KIB) == 0)
        say_range("locked", locked, 64 * KIB);
    else
        say_skipped("locked");
}

static void advised_memory(void) {
    // The kernel marks such pages in batches of fifteen a processor: few would not show.
    char *freed = map_apart(4 * MIB, READ_WRITE, ANON_PRIVATE);
    madvise(freed, 4 * MIB, MADV_NOHUGEPAGE);
    touch(freed, 4 * MIB);
    madvise(freed, 4 * MIB, MADV_FREE);
    say_range("lazily-freed", freed, 4 * MIB);
    char *guarded = map_apart(64 * KIB, READ_WRITE, ANON_PRIVATE);
    touch(guarded + 16 * KIB, 48 * KIB);
    if (madvise(guarded, 16 * KIB, MADV_GUARD_INSTALL) == 0)
        say_range("guard-markers", guarded, 64 * KIB);
    else
        say_skipped("guard-markers");
    char *huge = map_apart(8 * MIB, READ_WRITE, ANON_PRIVATE);
    madvise(huge, 8 * MIB, MADV_HUGEPAGE);
    touch(huge, 8 * MIB);
    say_range("thp", huge, 8 * MIB);
    char *same = map_apart(256 * KIB, READ_WRITE, ANON_PRIVATE);
    memset(same, 7, 256 * KIB);
    if (madvise(same, 256 * KIB, MADV_MERGEABLE) == 0)
        say_range("ksm", same, 256 * KIB);
    else
        say_skipped("ksm");
}

static void shared_memory(void) {
    char *shared = must_map(NULL, 64 * KIB, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    touch(shared, 64 * KIB);
    say_range("shared-anonymous", shared, 64 * KIB);
    int zero = open("/dev/zero", O_RDWR);
    say_range("dev-zero", must_map(NULL, 64 * KIB, READ_WRITE, MAP_SHARED, zero, 0), 64 * KIB);
    int memfd = memfd_create("zoo cage", 0);
    if (ftruncate(memfd, 64 * KIB) != 0)
        exit(3);
    say_range("memfd", must_map(NULL, 64 * KIB, READ_WRITE, MAP_SHARED, memfd, 0), 64 * KIB);
    int odd = memfd_create("\x1b[31m\ttab\xff", 0);
    if (ftruncate(odd, 64 * KIB) != 0)
        exit(3);
    say_range("memfd-odd", must_map(NULL, 64 * KIB, READ_WRITE, MAP_SHARED, odd, 0), 64 * KIB);
    int id = shmget(IPC_PRIVATE, 64 * KIB, IPC_CREAT | 0600);
    void *at = shmat(id, NULL, 0);
    shmctl(id, IPC_RMID, NULL);
    say("sysv-id %d", id);
    say_range("sysv", at, 64 * KIB);
    int posix = shm_open("/vmatlas-zoo", O_RDWR | O_CREAT, 0600);
    if (ftruncate(posix, 64 * KIB) != 0)
        exit(3);
    say_range("posix-shm", must_map(NULL, 64 * KIB, READ_WRITE, MAP_SHARED, posix, 0), 64 * KIB);
    shm_unlink("/vmatlas-zoo");
    int secret = (int)syscall(SYS_memfd_secret, 0);
    if (secret >= 0 && ftruncate(secret, 16 * KIB) == 0) {
        char *page = mmap(NULL, 16 * KIB, READ_WRITE, MAP_SHARED, secret, 0);
        if (page != MAP_FAILED) {
            touch(page, 16 * KIB);
            say_range("secret", page, 16 * KIB);
            return;
        }
    }
    say_skipped("secret");
}

// Rings that the kernel shares with the program.
static void rings(void) {
    struct io_uring_params params = { 0 };
    int ring = (int)syscall(SYS_io_uring_setup, 64, &params);
    if (ring >= 0) {
        say_range("io-uring-rings", must_map(NULL, 4 * KIB, READ_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING), 4 * KIB);
        say_range("io-uring-entries", must_map(NULL, 4 * KIB, READ_WRITE, MAP_SHARED, ring, IORING_OFF_SQES), 4 * KIB);
    } else {
        say_skipped("io-uring-rings");
        say_skipped("io-uring-entries");
    }
    // The handle of a context is the address of its ring.
    unsigned long context = 0;
    if (syscall(SYS_io_setup, 16, &context) == 0)
        say_range("aio", (void *)context, PAGE);
    else
        say_skipped("aio");
}

static void huge_pages(void) {
    char *huge = mmap(NULL, 4 * MIB, READ_WRITE, ANON_PRIVATE | MAP_HUGETLB, -1, 0);
    char *shared = mmap(NULL, 2 * MIB, READ_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    if (huge == MAP_FAILED || shared == MAP_FAILED) {
        say_skipped("hugetlb");
        return;
    }
    touch(huge, 4 * MIB);
    touch(shared, 2 * MIB);
    say_range("hugetlb", huge, 4 * MIB);
    say_range("hugetlb-shared", shared, 2 * MIB);
}

static void file(const char *key, const char *name, int gone) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int at = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (at < 0 || ftruncate(at, 64 * KIB) != 0) {
        say_skipped(key);
        return;
    }
    char *text = must_map(NULL, 64 * KIB, PROT_READ, MAP_PRIVATE, at, 0);
    say_range(key, text, 64 * KIB);
    close(at);
    if (gone)
        unlink(path);
}

static void files(void) {
    file("file", "plain", 0);
    file("file-deleted", "gone", 1);
    file("file-called-deleted", "x (deleted)", 0);
    file("file-spaces", " two  spaces ", 0);
    file("file-newline", "new\nline", 0);
    file("file-utf8", "fa\xc3\xa7" "ade", 0);
    file("file-not-utf8", "broken\xff\xfe", 0);
    file("file-escape", "\x1b[2J\x07", 0);
    int self = open("/proc/self/exe", O_RDONLY);
    say_range("elf-data", must_map(NULL, 16 * KIB, PROT_READ, MAP_PRIVATE, self, 0), 16 * KIB);
    char path[4096];
    snprintf(path, sizeof path, "%s/plain", folder);
    int plain = open(path, O_RDWR);
    char *split = must_map(NULL, 64 * KIB, READ_WRITE, MAP_PRIVATE, plain, 0);
    mprotect(split + 16 * KIB, 16 * KIB, PROT_NONE);
    split[0] = 1;
    say_range("file-split", split, 64 * KIB);
}

static void growing(void) {
    char *at = mmap(NULL, 64 * KIB, READ_WRITE, ANON_PRIVATE | MAP_GROWSDOWN, -1, 0);
    touch(at + 32 * KIB, 32 * KIB);
    say_range("grows-down", at, 64 * KIB);
}

int main(int count, char **arguments) {
    if (count < 2)
        return 2;
    folder = arguments[1];
    private_memory();
    advised_memory();
    shared_memory();
    rings();
    huge_pages();
    files();
    growing();
    hold_still();
    return 0;
}
