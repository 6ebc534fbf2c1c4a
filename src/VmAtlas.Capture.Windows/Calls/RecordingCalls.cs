using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>Writes down what another answers, so that a process of one machine can be looked at on another: see docs/windows.md.</summary>
/// <remarks>A file begins with <see cref="Magic"/>, the version and the pid (4 bytes each). Then come the answers: question (1 byte), three
/// zero bytes, error (4), argument (8), bytes asked for (4), bytes answered (4), the bytes. All numbers are little-endian.</remarks>
sealed class RecordingCalls(IWindowsCalls inner, Stream file) : IWindowsCalls
{
    public const uint Version = 1;
    public const int HeadBytes = 16, RecordBytes = 24;

    /// <summary>Stands for <see cref="IWindowsCalls.WorkingSet"/>: the argument is the first page, the bytes are the pages with their attributes.</summary>
    public const WindowsQuestion WorkingSetRecord = (WindowsQuestion)64;

    bool _begun;

    public static ReadOnlySpan<byte> Magic => "VMAWCALL"u8;

    public int Pid => inner.Pid;

    public int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error)
    {
        var length = inner.Ask(question, argument, answer, out error);
        Write(question, argument, (uint)answer.Length, error, answer[..length]);
        return length;
    }

    public uint WorkingSet(Span<WorkingSetPage> pages)
    {
        var error = inner.WorkingSet(pages);
        if (pages.Length > 0)
            Write(WorkingSetRecord, pages[0].Address, (uint)pages.Length * 16, error, error == 0 ? MemoryMarshal.AsBytes(pages) : default);
        return error;
    }

    public void Dispose()
    {
        inner.Dispose();
        file.Dispose();
    }

    void Write(WindowsQuestion question, ulong argument, uint asked, uint error, ReadOnlySpan<byte> answer)
    {
        Span<byte> head = stackalloc byte[RecordBytes];
        if (!_begun)
        {
            Magic.CopyTo(head);
            BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Version);
            BinaryPrimitives.WriteInt32LittleEndian(head[12..], Pid);
            file.Write(head[..HeadBytes]);
            _begun = true;
        }
        head.Clear();
        head[0] = (byte)question;
        BinaryPrimitives.WriteUInt32LittleEndian(head[4..], error);
        BinaryPrimitives.WriteUInt64LittleEndian(head[8..], argument);
        BinaryPrimitives.WriteUInt32LittleEndian(head[16..], asked);
        BinaryPrimitives.WriteInt32LittleEndian(head[20..], answer.Length);
        file.Write(head);
        file.Write(answer);
    }
}
