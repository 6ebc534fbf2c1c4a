using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Launch;

/// <summary>What decides whether a program can be traced, from the first 64 KiB of its file.</summary>
/// <param name="Interpreter">Of a script: the program that runs it.</param>
sealed record ElfFacts(bool IsElf, bool Is64, ushort Machine, bool HasLoader, bool IsGo, string? Interpreter)
{
    const int MaxRead = 64 << 10;
    const int MaxHeaders = 128;

    /// <exception cref="VmAtlasException">It can not be traced, and why.</exception>
    public void RequireTraceable(string name)
    {
        ushort machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (ushort)183 : (ushort)62;
        if (!IsElf)
            throw new VmAtlasException(Failure.Usage, $"{name} is not a program that can be traced: it is neither an ELF program nor a script that names one");
        if (!Is64 || Machine != machine)
            throw new VmAtlasException(Failure.Usage,
                $"{name} is a program for {(Is64 ? "another processor" : "32 bits")}: only {RuntimeInformation.ProcessArchitecture} programs can be traced");
        if (!HasLoader && IsGo)
            throw new VmAtlasException(Failure.Usage,
                $"{name} is a Go program without a C library: its allocations can not be traced from outside, use Go's own heap profile (net/http/pprof)");
        if (!HasLoader)
            throw new VmAtlasException(Failure.Usage,
                $"{name} is statically linked: no agent can be loaded into it, so its allocations can not be traced; its memory map can still be shown");
    }

    public static ElfFacts Read(string path)
    {
        var bytes = new byte[MaxRead];
        try
        {
            using var file = File.OpenHandle(path);
            return Of(bytes.AsSpan(0, RandomAccess.Read(file, bytes, 0)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VmAtlasException(Failure.NotPermitted, $"{path} can not be read to see whether it can be traced: {e.Message}", e);
        }
    }

    public static ElfFacts Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith("#!"u8))
            return new ElfFacts(false, false, 0, false, false, InterpreterOf(bytes[2..]));
        if (bytes.Length < 64 || !bytes.StartsWith("\u007fELF"u8))
            return new ElfFacts(false, false, 0, false, false, null);
        var is64 = bytes[4] == 2;
        var machine = BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]);
        if (!is64)
            return new ElfFacts(true, false, machine, false, false, null);
        var (at, size, count) = (BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[54..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]));
        var (loader, go) = (false, false);
        for (var i = 0; i < Math.Min((int)count, MaxHeaders) && size >= 56 && at + (ulong)((i + 1) * size) <= (ulong)bytes.Length; i++)
        {
            var header = bytes[((int)at + i * size)..];
            var type = BinaryPrimitives.ReadUInt32LittleEndian(header);
            loader |= type == 3; // PT_INTERP
            if (type == 4)
                go |= IsGoNote(bytes, BinaryPrimitives.ReadUInt64LittleEndian(header[8..]));
        }
        return new ElfFacts(true, true, machine, loader, go, null);
    }

    /// <summary>The Go linker's note has the owner "Go".</summary>
    static bool IsGoNote(ReadOnlySpan<byte> bytes, ulong at) =>
        at + 16 <= (ulong)bytes.Length && bytes.Slice((int)at + 12, 3).SequenceEqual("Go\0"u8);

    static string? InterpreterOf(ReadOnlySpan<byte> line)
    {
        var end = line.IndexOf((byte)'\n');
        var words = Encoding.UTF8.GetString(end < 0 ? line : line[..end]).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return words.Length == 0 ? null : words[0].EndsWith("/env", StringComparison.Ordinal) && words.Length > 1 ? ProgramFile.Find(words[^1]) : words[0];
    }
}
