using System.Globalization;
using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Annotators.Files;

/// <summary>What a mapping with an inode is, by the name the kernel gives it. Texts are numbers of the string table.</summary>
/// <remarks>
/// Shared memory lies on a mount of the kernel's own (shmem.c, hugetlbfs, secretmem.c), whose files are never linked, so the kernel writes
/// " (deleted)" behind their names; a file that somebody called "/memfd:x (deleted)" in the root folder would be taken for one.
/// </remarks>
readonly record struct FileKind(MemoryType Type, int Details, int Reason)
{
    public static FileKind Of(AnnotationContext context, int mapping)
    {
        var (mappings, strings) = (context.Mappings, context.Strings);
        var shown = strings.Utf8(mappings.Names[mapping]);
        var name = shown.EndsWith(" (deleted)"u8) ? shown[..^10] : shown;
        var unlinked = name.Length < shown.Length || (mappings.Facts[mapping] & BlockFlags.Deleted) != 0;
        var shared = mappings.Protections[mapping].IsShared();
        if (unlinked && OfKernel(name, shared, mappings.Inodes[mapping]) is { } found)
            return Make(strings, found.Type, found.Details, found.Reason);
        if (name.StartsWith("[anon_shmem:"u8))
            return Make(strings, MemoryType.Shareable, Text(name[12..^1]), "shared anonymous memory that the program named with PR_SET_VMA");
        if (shared && name.StartsWith("/dev/shm/"u8))
            return Make(strings, MemoryType.Shareable, $"POSIX shm {Text(name[8..])}", "a file of /dev/shm, where shm_open keeps shared memory");
        if (KernelObjects.Object(name, mappings.Offsets[mapping]) is { } what)
            return Make(strings, MemoryType.MappedFile, $"{what} ({Text(name)})", "the kernel's own name for memory that it or a driver shares with the program");
        if (KernelObjects.Device(name) is { } device)
            return Make(strings, MemoryType.MappedFile, $"{Text(name)}: {device}", "a mapping of a device: its driver decides what lies there");
        var reason = name.StartsWith("/dev/"u8) ? "a mapping of a device: its driver decides what lies there"
            : (mappings.Protections[mapping] & Protection.Execute) != 0 ? "a part of a file mapped to be executed, but not laid out as an image's headers ask"
            : name.StartsWith("/"u8) ? "a mapping of a file, not as an executable image"
            : "a mapping of an object of the kernel that has no path";
        return new FileKind(MemoryType.MappedFile, mappings.Names[mapping], strings.Intern(reason));
    }

    static (MemoryType Type, string Details, string Reason)? OfKernel(ReadOnlySpan<byte> name, bool shared, ulong inode)
    {
        var type = shared ? MemoryType.Shareable : MemoryType.PrivateData;
        if (name.StartsWith("/memfd:"u8))
            return (MemoryType.Shareable, $"memfd {Text(name[7..])}", "the kernel calls it /memfd: memory with a file descriptor (memfd_create)");
        if (name.StartsWith("/SYSV"u8) && name.Length == 13)
            return (MemoryType.Shareable, $"System V shm {inode.ToString(CultureInfo.InvariantCulture)} (key 0x{Text(name[5..])})",
                "the kernel calls it /SYSV: a System V segment, whose id is its inode");
        if (name.SequenceEqual("/dev/zero"u8))
            return (type, "shared anonymous memory", "the kernel shows shared anonymous memory as /dev/zero");
        if (name.SequenceEqual("/anon_hugepage"u8))
            return (type, "huge pages (MAP_HUGETLB)", "the kernel calls it /anon_hugepage: anonymous memory of huge pages that were set aside");
        if (name.SequenceEqual("/secretmem"u8))
            return (MemoryType.Shareable, "secret memory (memfd_secret)", "the kernel calls it /secretmem: not even the kernel itself keeps it mapped");
        return null;
    }

    static FileKind Make(StringTable strings, MemoryType type, string details, string reason) =>
        new(type, strings.Intern(details), strings.Intern(reason));

    static string Text(ReadOnlySpan<byte> name) => Encoding.UTF8.GetString(name);
}
