using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>Pages that the kernel merged because they are the same (KSM).</summary>
[Collection(ChangedMachine.Name)]
public sealed class SamePageTests : IDisposable
{
    const string Settings = "/sys/kernel/mm/ksm/";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-zoo-");
    readonly KernelSetting[] _settings = [new(Settings + "sleep_millisecs", "10"), new(Settings + "pages_to_scan", "5000"), new(Settings + "run", "1")];

    public void Dispose()
    {
        foreach (var setting in _settings.Reverse())
            setting.Dispose();
        Tool.Output("rm", "-r", _folder.FullName); // .NET can not name a file that is not UTF-8
    }

    [Fact]
    public void Merged_pages_are_counted_as_smaps_does()
    {
        Assert.SkipWhen(_settings[^1].WhyNot is not null, $"the kernel merges no pages here: {_settings[^1].WhyNot}");
        using var running = TestTarget.Start("zoo_kinds", _folder.FullName);
        Assert.SkipUnless(running.Said["ksm"].Any(), "the kernel was built without KSM");
        var range = running.Range("ksm");
        SpinWait.SpinUntil(() => Merged(running.Pid, range) == range.Size.Bytes >> 10, TimeSpan.FromSeconds(30)).ShouldBeTrue("nothing was merged");
        running.Stop();
        var region = Zoo.Capture(running).RegionOf(range);
        region.Type.ShouldBe(MemoryType.PrivateData);
        region.Get(Measure.Ksm).ShouldBe(range.Size.Bytes);
        (region.Get(Measure.TotalWs), region.Get(Measure.Private)).ShouldBe((range.Size.Bytes, range.Size.Bytes));
        // All 64 pages are one page now, which each mapping of it shares.
        region.Get(Measure.PrivateWs).ShouldBe(0UL);
        region.Get(Measure.Pss).ShouldBeLessThanOrEqualTo(8UL << 10);
        using var target = new LinuxTarget(running.Pid) { ReadsRollup = true };
        KernelTruth.Eventually(() => KernelTruth.TotalsEqualTheKernels(new CapturePipeline(target, []).Capture()));
    }

    /// <summary>KiB, as smaps says.</summary>
    static ulong Merged(int pid, AddressRange range)
    {
        Thread.Sleep(20);
        var line = File.ReadLines($"/proc/{pid}/smaps").SkipWhile(l => !l.StartsWith($"{range.Start.Value:x}-", StringComparison.Ordinal))
            .FirstOrDefault(l => l.StartsWith("KSM:", StringComparison.Ordinal));
        return line is null ? 0 : ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
