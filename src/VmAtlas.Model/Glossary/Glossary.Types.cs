namespace VmAtlas.Model;

public static partial class Glossary
{
    static readonly GlossaryEntry[] s_types =
    [
        Type("Image", "A program or library in memory: its code, its constants and its global variables.",
            "The code comes from the file and is shared with every process that runs it; variables that were written become private pages. "
            + "One region is one library with all its parts, and its blocks are the sections of the file."),
        Type("Mapped File", "A file that the program reads or writes through memory instead of with read and write.",
            "Databases, fonts and locale archives are used like this. Pages that were not changed cost nothing that the system could not "
            + "take back at once."),
        Type("Shareable", "Memory that can be shared between processes and belongs to no file on disk.",
            "Processes exchange data through it: shared memory segments, memfds, the shared buffers of a database. Every process that "
            + "maps it sees the same bytes."),
        Type("Heap", "What malloc and new hand out: memory run by an allocator that cuts it into small pieces.",
            "A program's own objects live here. A heap that grows without end is the usual look of a leak, but an allocator also keeps "
            + "freed memory for later, so a large heap is not yet a leak."),
        Type("Managed Heap", "Memory run by the runtime of a language with a garbage collector: .NET, Java, JavaScript, Go.",
            "The runtime reserves far more addresses than it uses, and gives memory back when it sees fit, not when an object dies."),
        Type("Stack", "One for each thread: the local variables and return addresses of the functions it is in.",
            "It is reserved whole (8 MB is usual) but only the pages ever touched cost memory. A guard at its end turns an overflow into "
            + "a crash instead of damage."),
        Type("Private Data", "Private memory that nothing more is known of.",
            "A program asked the system for it directly. Buffers, caches, custom allocators and memory of graphics drivers end up here."),
        Type("Page Table", "The tables in which the kernel keeps where each page of the process is.",
            "They belong to the process's bill although they have no address in it. A process that touches a little of a lot of address "
            + "space has large ones."),
        Type("Unusable", "Address space that a new mapping can not take.",
            "On Linux the lowest addresses and the gap kept below a growing stack; on Windows the rest of each 64 KB step. "
            + "It costs no memory."),
        Type("Free", "Address space that nobody uses.",
            "With 64-bit addresses there is always plenty, and it costs nothing; only the largest hole matters, and only to a program that "
            + "wants one piece larger than it."),
    ];

    static GlossaryEntry Type(string name, string brief, string more) => new(GlossaryKind.Type, name, name, brief, more);
}
