using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.RealPrograms;

/// <summary>A .NET server that answers requests all the while it is looked at.</summary>
public sealed class AspNetTests
{
    [Fact]
    public void A_server_under_load_is_captured_and_goes_on_serving()
    {
        using var server = RealProgram.Start(Path.Combine(Repository.Root, "artifacts/bin/WebTarget/debug/webtarget"), []);
        for (var round = 0; round < 5; round++)
        {
            var before = server.Output().Length;
            RealProcesses.CaptureRunning(server).ShouldBe(1);
            SpinWait.SpinUntil(() => server.Output().Length > before, TimeSpan.FromSeconds(20)).ShouldBeTrue("it serves no more");
        }
        var snapshot = RealProcesses.CompareStopped(server).Values.Single();
        var assemblies = snapshot.RegionsOf(MemoryType.Image).Where(r => r.Fact("format") == "PE, managed").Select(r => Path.GetFileName(r.Details)).ToList();
        assemblies.ShouldContain("System.Private.CoreLib.dll");
        assemblies.ShouldContain("Microsoft.AspNetCore.Server.Kestrel.Core.dll");
    }
}
