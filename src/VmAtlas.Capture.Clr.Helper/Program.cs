using System.Globalization;
using System.Text;
using VmAtlas.Capture.Clr.Helper;
using VmAtlas.Capture.Clr.Helper.Memory;
using VmAtlas.Capture.Clr.Isolated;
using VmAtlas.Capture.Clr.Wire;

// vmatlas-clr PID|saved RUNTIME-BASE
// Asks the debugger library of a .NET process's runtime where its memory goes. Started by vmatlas only; speaks frames, not text.
// Of a dump the input begins with where its memory lies (PieceFrames). Each byte is a question then (Question); the end of the input ends the program.
using var output = Console.OpenStandardOutput();
var frames = new FrameWriter(new BufferedStream(output, 1 << 16));
try
{
    if (args is not [var pidText, var baseText]
        || !(int.TryParse(pidText, CultureInfo.InvariantCulture, out var pid) || pidText == HelperProcess.Saved)
        || !ulong.TryParse(baseText, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var runtimeBase))
        throw new ArgumentException("vmatlas-clr is a part of vmatlas and does nothing by itself");
    using var input = Console.OpenStandardInput();
    ITargetMemory memory = pidText == HelperProcess.Saved ? new SavedMemory(PieceFrames.Read(new FrameReader(input)))
        : OperatingSystem.IsWindows() ? new WindowsMemory(pid)
        : new TargetMemory(new TargetFiles(pid));
    using var session = Session.Open(memory, pid, runtimeBase);
    frames.Write(FrameKind.Ready, Encoding.UTF8.GetBytes(session.GivenUp));
    frames.Flush();
    for (var question = input.ReadByte(); question >= 0; question = input.ReadByte())
        ReportWriter.Write(frames, session.Inspect(withObjects: question == (int)Question.RangesAndObjects));
    return 0;
}
catch (HelperException e)
{
    frames.Write(FrameKind.Failure, Encoding.UTF8.GetBytes(e.Message));
}
#pragma warning disable CA1031 // the last stop: whatever went wrong is said to vmatlas, which is the only reader
catch (Exception e)
#pragma warning restore CA1031
{
    frames.Write(FrameKind.Failure, Encoding.UTF8.GetBytes($"the helper failed: {e.GetType().Name}: {e.Message}"));
}
frames.Flush();
return 1;
