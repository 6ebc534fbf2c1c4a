using System.Globalization;
using System.Text;
using VmAtlas.Capture.Clr.Helper;
using VmAtlas.Capture.Clr.Helper.Inspect;
using VmAtlas.Capture.Clr.Helper.Memory;
using VmAtlas.Capture.Clr.Helper.Sandbox;
using VmAtlas.Capture.Clr.Wire;

// vmatlas-clr PID RUNTIME-BASE RUNTIME-NAME DAC
// Asks the debugger library of a .NET process's runtime where its memory goes. Started by vmatlas only; speaks frames, not text.
// Each byte on the input is a question (Question); the end of the input ends the program.
using var output = Console.OpenStandardOutput();
var frames = new FrameWriter(new BufferedStream(output, 1 << 16));
try
{
    if (args is not [var pidText, var baseText, var name, var dac]
        || !int.TryParse(pidText, CultureInfo.InvariantCulture, out var pid)
        || !ulong.TryParse(baseText, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var runtimeBase))
        throw new ArgumentException("vmatlas-clr is a part of vmatlas and does nothing by itself");
    using var input = Console.OpenStandardInput();
    using var files = new TargetFiles(pid);
    Preload.WhatIsNeeded();
    var givenUp = Rights.GiveUp();
    var memory = new TargetMemory(files);
    using var inspector = new RuntimeInspector(new ClrDataReader(memory, pid, runtimeBase, name), memory, dac);
    frames.Write(FrameKind.Ready, Encoding.UTF8.GetBytes(givenUp));
    frames.Flush();
    for (var question = input.ReadByte(); question >= 0; question = input.ReadByte())
        ReportWriter.Write(frames, inspector.Inspect(withObjects: question == (int)Question.RangesAndObjects));
    return 0;
}
#pragma warning disable CA1031 // the last stop: whatever went wrong is said to vmatlas, which is the only reader
catch (Exception e)
#pragma warning restore CA1031
{
    frames.Write(FrameKind.Failure, Encoding.UTF8.GetBytes($"{e.GetType().Name}: {e.Message}"));
    frames.Flush();
    return 1;
}
