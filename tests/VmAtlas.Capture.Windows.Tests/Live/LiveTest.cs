using VmAtlas.Capture.Windows.Calls;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>Tests on the system itself: on Windows, or under Wine, where ./test runs them.</summary>
public abstract class LiveTest
{
    protected LiveTest() => Assert.SkipUnless(OperatingSystem.IsWindows(), "needs Windows, or Wine: ./test runs these there");

    private protected static WindowsPlatform Platform { get; } = new();

    private protected static TestTarget StartKinds(params string[] arguments) => TestTarget.Start("kinds.exe", arguments);

    private protected static Snapshot Capture(int pid)
    {
        using var target = Platform.Open(pid);
        return new CapturePipeline(target, Platform.Annotators()).Capture(TestContext.Current.CancellationToken);
    }

    /// <summary>The working set of another process is what Wine does not tell.</summary>
    internal static bool IsWine => LiveCalls.Open(Environment.ProcessId).AskText(WindowsQuestion.MappedName, HostImage)?.StartsWith(@"\??\", StringComparison.Ordinal) ?? false;

    static ulong HostImage => (ulong)System.Diagnostics.Process.GetCurrentProcess().MainModule!.BaseAddress;
}
