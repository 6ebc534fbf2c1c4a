using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>Answers as numbers and texts.</summary>
static class Answers
{
    /// <summary>Characters of a name: UNICODE_STRING has no more.</summary>
    const int LongestText = 32 << 10;

    public static uint U32(this ReadOnlySpan<byte> answer, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(answer[offset..]);

    public static ulong U64(this ReadOnlySpan<byte> answer, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(answer[offset..]);

    /// <summary>A whole answer of so many bytes, or null.</summary>
    public static byte[]? AskAll(this IWindowsCalls calls, WindowsQuestion question, ulong argument, int length)
    {
        var answer = new byte[length];
        return calls.Ask(question, argument, answer, out var error) == length && error == 0 ? answer : null;
    }

    /// <summary>An answer of text up to its first NUL (one of Wine's comes with it); null when there is none.</summary>
    public static string? AskText(this IWindowsCalls calls, WindowsQuestion question, ulong argument = 0)
    {
        var answer = new byte[LongestText * 2];
        var length = calls.Ask(question, argument, answer, out var error);
        if (error != 0 || length < 2)
            return null;
        var text = MemoryMarshal.Cast<byte, char>(answer.AsSpan(0, length & ~1));
        var end = text.IndexOf('\0');
        return end == 0 ? null : new string(end < 0 ? text : text[..end]);
    }

    /// <summary>A pointer-sized number of the target's memory, in a structure at an address that may be anything.</summary>
    public static bool TryReadWord(this IMemorySource memory, ulong address, ulong offset, bool wide, out ulong word)
    {
        Span<byte> bytes = stackalloc byte[8];
        bytes = bytes[..(wide ? 8 : 4)];
        var got = memory.Read(new Model.Address(unchecked(address + offset)), bytes) == bytes.Length;
        word = !got ? 0 : wide ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        return got;
    }
}
