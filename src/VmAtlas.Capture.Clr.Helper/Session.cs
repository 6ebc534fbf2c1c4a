using VmAtlas.Capture.Clr.Detection;
using VmAtlas.Capture.Clr.Helper.Dac;
using VmAtlas.Capture.Clr.Helper.Inspect;
using VmAtlas.Capture.Clr.Helper.Interop;
using VmAtlas.Capture.Clr.Helper.Memory;
using VmAtlas.Capture.Clr.Helper.Sandbox;
using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Helper;

/// <summary>One target, opened with the helper's rights and inspected without them.</summary>
sealed class Session : IDisposable
{
    readonly ITargetMemory _memory;
    readonly RuntimeInspector _inspector;
    readonly string? _version;

    Session(ITargetMemory memory, RuntimeInspector inspector, string? version, string givenUp)
    {
        (_memory, _inspector, _version) = (memory, inspector, version);
        GivenUp = givenUp;
    }

    /// <summary>The rights that were given up, for people.</summary>
    public string GivenUp { get; }

    /// <remarks>The order is the point: first what needs rights (the target's files, the choice of the library), then no rights any more,
    /// and only then the first instruction of the library.</remarks>
    public static Session Open(ITargetMemory memory, int pid, ulong runtimeBase)
    {
        var runtime = RuntimeIdentity.Read(memory.Read, runtimeBase)
            ?? throw new HelperException("the module named like the .NET runtime is no module that could be read");
        if (runtime.IsWindows != OperatingSystem.IsWindows())
            throw new HelperException(
                $"the debugger library of a runtime of {(runtime.IsWindows ? "Windows" : "Linux")} runs there only: vmatlas there shows more of this dump");
        var dac = DacStore.OfThisMachine().Find(runtime) ?? throw new HelperException(
            $"no trusted debugger library fits the runtime (build id {runtime.RuntimeBuildId ?? "unknown"}): "
            + "installing the same version of .NET for all users would help");
        var (library, givenUp) = GiveUpRights(dac);
        var inspector = new RuntimeInspector(new ClrDataReader(memory, pid, runtimeBase, runtime.IsWindows), memory, library);
        return new Session(memory, inspector, dac.Version, givenUp);
    }

    /// <summary>The library by descriptor, because without rights its path need not be reachable any more (a home folder).</summary>
    static (string Library, string GivenUp) GiveUpRights(DacFile dac)
    {
        if (OperatingSystem.IsWindows())
            return (dac.Path, WindowsRights.GiveUp());
        var descriptor = Libc.open(dac.Path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        Preload.WhatIsNeeded();
        return ($"/proc/self/fd/{descriptor}", Rights.GiveUp());
    }

    public ManagedReport Inspect(bool withObjects) => _inspector.Inspect(withObjects) with { RuntimeVersion = _version };

    public void Dispose()
    {
        _inspector.Dispose();
        _memory.Dispose();
    }
}
