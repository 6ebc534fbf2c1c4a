using System.Buffers.Binary;
using VmAtlas.Capture.Windows.Calls;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>A system that answers every question about an address with the same range.</summary>
sealed class EndlessCalls : IWindowsCalls
{
    public int Pid => 1;

    public int Ask(WindowsQuestion question, ulong argument, Span<byte> answer, out uint error)
    {
        error = 0;
        answer.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(answer[24..], 0x1000);
        BinaryPrimitives.WriteUInt32LittleEndian(answer[32..], MadeUpProcess.Commit);
        return answer.Length;
    }

    public uint WorkingSet(Span<WorkingSetPage> pages) => 87;

    public void Dispose()
    {
    }
}
