// Writes a minidump of a process with the system's own function, all memory and the list of ranges included: minidump PID FILE
#include <windows.h>
#include <dbghelp.h>
#include <stdio.h>
#include <stdlib.h>

/* Wine's debugger would think about it for a while. */
static LONG WINAPI end_at_once(EXCEPTION_POINTERS *what)
{
    TerminateProcess(GetCurrentProcess(), what->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    SetUnhandledExceptionFilter(end_at_once);
    DWORD pid = strtoul(argv[1], NULL, 10);
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, pid);
    HANDLE file = CreateFileA(argv[2], GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    if (!process || file == INVALID_HANDLE_VALUE ||
        !MiniDumpWriteDump(process, pid, file, MiniDumpWithFullMemory | MiniDumpWithFullMemoryInfo, NULL, NULL, NULL)) {
        fprintf(stderr, "minidump: error %lu\n", GetLastError());
        return 1;
    }
    return 0;
}
