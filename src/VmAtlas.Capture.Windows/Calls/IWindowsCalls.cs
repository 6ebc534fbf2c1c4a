namespace VmAtlas.Capture.Windows.Calls;

/// <summary>Everything that is asked of Windows about one process. Answers are the system's own bytes, so that a recording of them is a list.</summary>
/// <remarks>There are three: the live one, one that writes down what another answers, and one that answers from what was written down.</remarks>
public interface IWindowsCalls : IDisposable
{
    int Pid { get; }

    /// <summary>Where its memory lies, of a dump; empty where it is known in pieces only (a recording); null of a process that runs.</summary>
    IReadOnlyList<SavedPiece>? SavedPieces => null;

    /// <summary>Whether what is told of ranges is the system's word. A dump without a list of them has them only from its memory and modules.</summary>
    bool TellsProtection => true;

    /// <summary>When a dump was written, as it says itself.</summary>
    DateTimeOffset? SavedAt => null;

    /// <summary>An address in the stack of a thread, where a dump says so without the thread's environment block.</summary>
    ulong? StackOf(uint thread) => null;

    /// <summary>Asks one question.</summary>
    /// <param name="argument">What about: see the question.</param>
    /// <param name="answer">Takes the answer, in the system's own layout for 64-bit programs.</param>
    /// <param name="error">0, or the system's number for why not: a Win32 error, or an NTSTATUS (above 0xC0000000).</param>
    /// <returns>Bytes answered; part of what was asked is no error.</returns>
    int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error);

    /// <summary>K32QueryWorkingSetEx: fills the attributes of pages whose addresses are given.</summary>
    /// <returns>0, or the Win32 error of a system that refuses.</returns>
    uint WorkingSet(Span<WorkingSetPage> pages);
}

/// <summary>What can be asked. The numbers are those of recordings: they are never given again.</summary>
public enum WindowsQuestion : byte
{
    /// <summary>VirtualQueryEx of an address: MEMORY_BASIC_INFORMATION, 48 bytes.</summary>
    Memory = 1,

    /// <summary>ReadProcessMemory from an address on.</summary>
    Bytes = 2,

    /// <summary>K32GetMappedFileNameW of an address: UTF-16.</summary>
    MappedName = 3,

    /// <summary>NtQueryInformationProcess; the argument is the class.</summary>
    Process = 4,

    /// <summary>NtQueryInformationThread; the argument is the class &lt;&lt; 32 | the thread's id.</summary>
    Thread = 5,

    /// <summary>The ids of its threads, 4 bytes each: CreateToolhelp32Snapshot.</summary>
    Threads = 6,

    /// <summary>K32GetProcessMemoryInfo: PROCESS_MEMORY_COUNTERS_EX, 80 bytes.</summary>
    Counters = 7,

    /// <summary>QueryFullProcessImageNameW: UTF-16.</summary>
    ImageName = 8,

    /// <summary>Account that its token is of, "domain\name": UTF-16.</summary>
    User = 9,

    /// <summary>Whether it has ended, 4 bytes: WaitForSingleObject.</summary>
    Ended = 10,

    /// <summary>Facts of the system, 48 bytes: major, minor and build number of the version, processor architecture, page size, allocation
    /// granularity (4 bytes each), lowest address, highest address, physical memory (8 bytes each).</summary>
    System = 11,

    /// <summary>The computer's name: UTF-16.</summary>
    Host = 12,

    /// <summary>QueryDosDeviceW of a drive, whose letter is the argument: UTF-16.</summary>
    Drive = 13,
}
