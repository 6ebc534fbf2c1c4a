using System.Globalization;
using VmAtlas.Capture;
using VmAtlas.Capture.Linux;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Bench;

/// <summary>The reader against a bare read of smaps of the same process.</summary>
static class ReaderRatios
{
    public static bool Run(int mappings)
    {
        var limit = int.Parse(File.ReadAllText("/proc/sys/vm/max_map_count"), CultureInfo.InvariantCulture);
        if (mappings > limit - 60)
        {
            Console.WriteLine($"{mappings:N0} mappings: left out, vm.max_map_count is {limit:N0} (sysctl vm.max_map_count=1000000)");
            return true;
        }
        using var program = TestTarget.Start("reader_maps", mappings.ToString(CultureInfo.InvariantCulture));
        program.Stop();
        using var target = new LinuxTarget(program.Pid);
        using var bare = new BareRead($"/proc/{program.Pid}/smaps");
        var (table, strings) = (new BlockTable(), new StringTable());
        var problems = new List<Problem>();
        target.ReadMappings(table, strings, problems);
        var kept = new CapturePipeline(target, []).Capture().Blocks;
        Console.WriteLine($"{mappings:N0} mappings: {kept.BytesHeld / kept.Count} bytes kept for each (goal 200)");
        var goals = mappings >= 65_000; // a small process's few hundred microseconds are system calls, not parsing
        return Ratio.Compare($"{mappings:N0} mappings", mappings > 100_000 ? 7 : 15,
            new Ratio.Entry("bare read of smaps", bare.Run),
            new Ratio.Entry("read mappings, warm", () => { table.Clear(); target.ReadMappings(table, strings, problems); }, AtMost: goals ? 1.05 : null),
            new Ratio.Entry("refresh, nothing changed", () => Refresh(target), AtMost: goals ? 0.30 : null));
    }

    static void Refresh(LinuxTarget target)
    {
        if (!target.TryRefresh(out var changes) || !changes.IsEmpty)
            throw new InvalidOperationException("the target is meant to stand still");
    }
}
