using System.Runtime.InteropServices;
using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;

namespace VmAtlas.Capture.Windows.Processes;

/// <summary>All processes by one question: SYSTEM_PROCESS_INFORMATION records, each saying where the next begins.</summary>
static unsafe class ProcessTable
{
    const uint ProcessInformation = 5, LengthMismatch = 0xC0000004;
    const int RecordBytes = 0x100, MostBytes = 1 << 28;

    /// <exception cref="VmAtlasException">The system refuses.</exception>
    public static List<ProcessRow> Read()
    {
        for (var length = 1 << 18; length <= MostBytes; length *= 2)
        {
            var answer = GC.AllocateUninitializedArray<byte>(length, pinned: true); // the names in it are pointers into it
            uint got;
            fixed (byte* into = answer)
            {
                var status = Native.NtQuerySystemInformation(ProcessInformation, into, (uint)length, &got);
                if (status == 0)
                    return Parse(answer.AsSpan(0, (int)Math.Min(got, (uint)length)), (ulong)into);
                if (status != LengthMismatch)
                    throw new VmAtlasException(Failure.General, $"Windows does not list its processes: {WindowsErrors.Text(status)}");
            }
        }
        throw new VmAtlasException(Failure.General, "Windows' list of processes is larger than any can be");
    }

    /// <summary>The rows of an answer.</summary>
    /// <param name="origin">Where its first byte lay when the system wrote it.</param>
    public static List<ProcessRow> Parse(ReadOnlySpan<byte> answer, ulong origin)
    {
        var rows = new List<ProcessRow>();
        for (var at = 0L; at + RecordBytes <= answer.Length;)
        {
            rows.Add(Row(answer, (int)at, origin));
            if (answer.U32((int)at) is not (> 0 and var next))
                break;
            at += next;
        }
        return rows;
    }

    static ProcessRow Row(ReadOnlySpan<byte> answer, int at, ulong origin)
    {
        var record = answer[at..];
        var pid = (int)record.U64(0x50);
        var own = record.U64(0xC8); // PrivatePageCount, which is in bytes
        return new ProcessRow
        {
            Pid = pid,
            ParentPid = (int)record.U64(0x58),
            Name = Name(answer, unchecked(record.U64(0x40) - origin), (int)(record.U32(0x38) & 0xfffe)) ?? "",
            Threads = (int)Math.Min(record.U32(4), int.MaxValue),
            TotalWs = new ByteSize(record.U64(0x90)),
            Private = own > 0 ? new ByteSize(own) : null,
            IsKernelThread = pid is 0 or 4, // Idle and System have no memory of their own
        };
    }

    static string? Name(ReadOnlySpan<byte> answer, ulong offset, int length) =>
        length > 0 && offset < (ulong)answer.Length && length <= answer.Length - (int)offset
            ? new string(MemoryMarshal.Cast<byte, char>(answer.Slice((int)offset, length))) : null;
}
