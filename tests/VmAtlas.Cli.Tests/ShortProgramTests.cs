using VmAtlas.Formats.Vmatlas;
using VmAtlas.Formats.Vmatlas.Traces;
using VmAtlas.Model;

namespace VmAtlas.Cli.Tests;

/// <summary>Programs that are over before anybody could look have their map in the file.</summary>
public sealed class ShortProgramTests : IDisposable
{
    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("true", 2, "/bin/true")]
    [InlineData("true", 3, "/bin/sh", "-c", "exec /bin/true")]
    [InlineData("sh", 2, "/bin/sh", "-c", "exit 0")]
    public void Each_of_twenty_runs_has_the_maps_of_its_begin_and_end(string last, int atLeast, params string[] command)
    {
        for (var run = 0; run < 20; run++)
        {
            var file = _files.Path($"{run}.vmatlas");
            var traced = VmatlasProcess.Run("", ["trace", "-o", file, "--", .. command]);
            traced.Code.ShouldBe(0, traced.Error);
            using var timeline = TimelineFile.Open(file);
            timeline.Count.ShouldBeGreaterThanOrEqualTo(atLeast, $"run {run}");
            var snapshot = timeline.Load(timeline.Count - 1);
            Path.GetFileName(snapshot.Process.Executable)!.ShouldBeOneOf(last, "dash");
            snapshot.Regions.Types.ToArray().ShouldContain(MemoryType.Image);
            LoadedTrace.ReadAll(file).Traces[^1].Store.Ending.ShouldBe(TraceEnding.Exited);
        }
    }

    [Fact]
    public void What_a_signal_ends_has_the_map_of_its_begin()
    {
        var file = _files.Path("killed.vmatlas");
        VmatlasProcess.Run("", "trace", "-o", file, "--", "/bin/sh", "-c", "kill -9 $$").Code.ShouldBe(137);
        CommandRun.Of("show", file).Worked();
    }

    [Fact]
    public void The_map_at_the_end_has_what_the_program_made_and_who_did()
    {
        var (file, mapped) = (_files.Path("made.vmatlas"), _files.Path("mapped"));
        File.WriteAllBytes(mapped, new byte[9000]);
        VmatlasProcess.Run("", "trace", "-o", file, "--", Path.Combine(Testing.Repository.Targets, "trace_makers"), mapped, "0").Code.ShouldBe(0);
        CommandRun.Of("show", file, "--details").Worked().Out.ShouldContain("made by mmap in make_private  makers.c:");
    }
}
