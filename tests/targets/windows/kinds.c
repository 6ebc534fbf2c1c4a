/* A Windows program with memory of every kind. It says where each is, as "key address size" lines in hexadecimal; then "ready".
   It ends when its standard input closes. With the argument "churn" a thread allocates and frees all the time;
   with "many" there are 10,000 ranges more. */
#define _WIN32_WINNT 0x0A00
#include <windows.h>
#include <stdio.h>
#include <string.h>

static char big_bss[3 << 20];

static void say(const char *key, const void *address, unsigned long long size) {
    printf("%s %llx %llx\n", key, (unsigned long long)(ULONG_PTR)address, size);
}

static char *allocate(const char *key, SIZE_T size, DWORD how, DWORD protection) {
    char *at = VirtualAlloc(NULL, size, how, protection);
    if (!at) {
        printf("failed %s %lu\n", key, GetLastError());
        exit(1);
    }
    say(key, at, size);
    return at;
}

static void commit(const char *key, char *at, SIZE_T size, DWORD protection) {
    VirtualAlloc(at, size, MEM_COMMIT, protection);
    say(key, at, size);
}

static void make_private(void) {
    const DWORD both = MEM_RESERVE | MEM_COMMIT;
    char *reserved = allocate("reserve", 64 << 20, MEM_RESERVE, PAGE_NOACCESS);
    commit("commit", reserved + 0x100000, 0x100000, PAGE_READWRITE);
    memset(reserved + 0x100000, 1, 0x80000);
    commit("code", reserved + 0x400000, 0x40000, PAGE_EXECUTE_READ);
    commit("guard", reserved + 0x500000, 0x1000, PAGE_READWRITE | PAGE_GUARD);
    commit("noaccess", reserved + 0x600000, 0x10000, PAGE_NOACCESS);
    allocate("nocache", 0x10000, both, PAGE_READWRITE | PAGE_NOCACHE);
    memset(allocate("topdown", 0x20000, both | MEM_TOP_DOWN, PAGE_READWRITE), 3, 0x20000);
    char *text = allocate("text", 0x10000, both, PAGE_READWRITE);
    strcpy(text, "a text that only this process has");
    memcpy(text + 0x1000, L"the same in two bytes each", sizeof L"the same in two bytes each");
    allocate("odd", 0x5000, both, PAGE_READWRITE);
}

static void make_sections(void) {
    HANDLE paging = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, 0, 8 << 20, NULL);
    char *view = MapViewOfFile(paging, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    memset(view, 4, 1 << 20);
    say("shareable", view, 8 << 20);
    HANDLE sparse = CreateFileMappingA(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, 0, 8 << 20, NULL);
    char *sparse_view = MapViewOfFile(sparse, FILE_MAP_ALL_ACCESS, 0, 0, 0);
    VirtualAlloc(sparse_view, 0x10000, MEM_COMMIT, PAGE_READWRITE);
    say("sparse", sparse_view, 8 << 20);

    char path[MAX_PATH];
    snprintf(path, sizeof path, "C:\\vmatlas-kinds-%lu.bin", GetCurrentProcessId());
    HANDLE file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, NULL);
    static char data[1 << 16];
    DWORD written;
    for (int i = 0; i < 32; i++)
        WriteFile(file, data, sizeof data, &written, NULL);
    HANDLE section = CreateFileMappingA(file, NULL, PAGE_READWRITE, 0, 0, NULL);
    char *read = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    char *copied = MapViewOfFile(section, FILE_MAP_COPY, 0, 0, 0);
    copied[0] = read[0] + 1;
    say("file", read, 2 << 20);
    say("filecopy", copied, 2 << 20);
    printf("filename %s\n", path);

    HANDLE dll = CreateFileA("C:\\windows\\system32\\version.dll", GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
    HANDLE image = CreateFileMappingA(dll, NULL, PAGE_READONLY | SEC_IMAGE, 0, 0, NULL);
    say("image", image ? MapViewOfFile(image, FILE_MAP_READ, 0, 0, 0) : NULL, 0);
    say("loaded", LoadLibraryA("winmm.dll"), 0);
    say("program", GetModuleHandle(NULL), 0);
    big_bss[5] = 1;
    say("bss", big_bss, sizeof big_bss);
}

static void make_heaps(void) {
    HANDLE heaps[64];
    HANDLE growable = HeapCreate(0, 0, 0);
    for (int i = 0; i < 100; i++)
        HeapAlloc(growable, 0, 1000);
    HANDLE fixed = HeapCreate(0, 0x10000, 0x100000);
    HeapAlloc(fixed, 0, 3000);
    DWORD count = GetProcessHeaps(64, heaps);
    for (DWORD i = 0; i < count; i++)
        say("heap", heaps[i], 0);
    say("defaultheap", GetProcessHeap(), 0);
}

static DWORD WINAPI wait_for_ever(LPVOID ready) {
    volatile char local[20000];
    for (int i = 0; i < (int)sizeof local; i += 4096)
        local[i] = 1;
    printf("stack %lx %llx\n", GetCurrentThreadId(), (unsigned long long)(ULONG_PTR)local);
    SetEvent(ready);
    Sleep(INFINITE);
    return local[0];
}

static void make_threads(void) {
    for (int i = 1; i <= 3; i++) {
        HANDLE ready = CreateEventA(NULL, TRUE, FALSE, NULL);
        CreateThread(NULL, (SIZE_T)i << 20, wait_for_ever, ready, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        WaitForSingleObject(ready, INFINITE);
    }
    say("teb", NtCurrentTeb(), 0);
    say("peb", *(void **)((char *)NtCurrentTeb() + 0x60), 0);
}

static DWORD WINAPI churn(LPVOID unused) {
    for (unsigned i = 0;; i++) {
        char *at = VirtualAlloc(NULL, 0x10000 * (1 + i % 50), MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
        if (at)
            VirtualFree(at, 0, MEM_RELEASE);
    }
    return unused != NULL;
}

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    make_private();
    make_sections();
    make_heaps();
    make_threads();
    if (argc > 1 && strcmp(argv[1], "churn") == 0)
        CreateThread(NULL, 0, churn, NULL, 0, NULL);
    if (argc > 1 && strcmp(argv[1], "many") == 0) {
        for (int i = 0; i < 5000; i++)
            VirtualAlloc(VirtualAlloc(NULL, 0x20000, MEM_RESERVE, PAGE_NOACCESS), 0x1000, MEM_COMMIT, PAGE_READWRITE);
    }
    printf("ready\n");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    return 0;
}
