using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Capture.Windows;

namespace VmAtlas.Cli.Targets;

/// <summary>The system this command runs on.</summary>
static class Platform
{
    public static IPlatform Current { get; } = OperatingSystem.IsWindows()
        ? new WindowsPlatform(Environment.GetEnvironmentVariable(WindowsPlatform.RecordVariable))
        : new LinuxPlatform();
}
