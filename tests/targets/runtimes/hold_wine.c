// A Windows program that says where its heaps and a thread's stack are, and waits for the end of its input.
#include <stdio.h>
#include <windows.h>

static DWORD WINAPI rest(void *unused)
{
    NT_TIB *block = (NT_TIB *)NtCurrentTeb();
    printf("stack %llx %llx\n", (ULONGLONG)(ULONG_PTR)block->StackLimit, (ULONGLONG)(ULONG_PTR)block->StackBase);
    fflush(stdout);
    Sleep(INFINITE);
    return unused == NULL;
}

int main(void)
{
    HANDLE own = HeapCreate(0, 0, 0), all[16];
    for (int i = 0; i < 2000; i++)
        HeapAlloc(own, HEAP_ZERO_MEMORY, 5000);
    CreateThread(NULL, 1 << 20, rest, NULL, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
    Sleep(200);
    DWORD count = GetProcessHeaps(16, all);
    for (DWORD i = 0; i < count && i < 16; i++)
        printf("heap %llx\n", (ULONGLONG)(ULONG_PTR)all[i]);
    puts("ready");
    fflush(stdout);
    getchar();
    return 0;
}
