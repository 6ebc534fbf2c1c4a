namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Names as maps and smaps write them: raw bytes, but a newline as <c>\012</c> (<c>seq_path</c> in <c>fs/seq_file.c</c>).</summary>
static class MapsName
{
    /// <summary>Undoes <c>\012</c> and adds a zero byte; returns the length without it. A file whose real name holds the four characters
    /// "\012" is not found then: the kernel writes both alike.</summary>
    public static int Unescape(ReadOnlySpan<byte> name, Span<byte> into)
    {
        var length = 0;
        for (; !name.IsEmpty && length < into.Length - 1; length++)
        {
            var escaped = name.StartsWith("\\012"u8);
            into[length] = escaped ? (byte)'\n' : name[0];
            name = name[(escaped ? 4 : 1)..];
        }
        into[length] = 0;
        return length;
    }
}
