using System.Runtime.CompilerServices;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Windows;

namespace VmAtlas.Cli.Targets;

/// <summary>The system this command runs on.</summary>
static class Platform
{
    public static IPlatform Current { get; } = OperatingSystem.IsWindows() ? OfWindows() : OfLinux();

    // A method each, which does not tell what it makes: the reader of the other system is not even loaded.
#pragma warning disable CA1859
    [MethodImpl(MethodImplOptions.NoInlining)]
    static IPlatform OfWindows() => new WindowsPlatform(Environment.GetEnvironmentVariable(WindowsPlatform.RecordVariable));

    [MethodImpl(MethodImplOptions.NoInlining)]
    static IPlatform OfLinux() => new LinuxPlatform();
#pragma warning restore CA1859
}
