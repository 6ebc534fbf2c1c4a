using VmAtlas.Model.Managed;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Every runtime and every way to ship a .NET program.</summary>
public sealed class PublishedTests
{
    [Theory]
    [InlineData("self-contained", "10.")]
    [InlineData("single-file", "10.")]
    [InlineData("framework-dependent single-file", "10.")]
    [InlineData(".NET 8", "8.0.")]
    [InlineData(".NET 9", "9.0.")]
    public void Generations_are_found_however_the_program_was_published(string way, string version)
    {
        using var target = ClrTarget.Start(PublishedTargets.Get(way));
        target.Said("runtime").ShouldStartWith($".NET {version}");
        var (snapshot, report) = target.Capture();
        report.WhyNotBetter.ShouldBeNull();
        report.RuntimeVersion.ShouldNotBeNull().ShouldStartWith(version);
        foreach (var (address, kind) in target.Objects)
        {
            report.Find(new Address(address)).ShouldNotBeNull($"{kind} object at {address:x}").Kind.ShouldBe(kind);
            snapshot.Find(new Address(address))!.Value.Type.ShouldBe(MemoryType.ManagedHeap);
        }
    }

    [Fact]
    public void A_target_without_double_mapping_is_found_too()
    {
        using var target = ClrTarget.Start(PublishedTargets.Get("single-file"), settings: "DOTNET_EnableWriteXorExecute=0");
        var (snapshot, report) = target.Capture();
        report.Evidence.ShouldBe(ManagedEvidence.Debugger);
        Enumerable.Range(0, snapshot.Regions.Count).ShouldContain(r => snapshot.RegionAt(r).Details == ".NET JIT code");
    }
}
