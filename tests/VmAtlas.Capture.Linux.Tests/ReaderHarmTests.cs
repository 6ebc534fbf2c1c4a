using System.Globalization;
using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

/// <summary>What looking does to memory that a parent and its child share until one of them writes.</summary>
public sealed class ReaderHarmTests
{
    static ulong Shared(int pid, AddressRange range)
    {
        using var target = new LinuxTarget(pid);
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        return mappings.Get(Measure.SharedWs, mappings.IndexOf(range.Start));
    }

    [Fact]
    public void Reading_makes_no_copies_of_pages_shared_after_a_fork()
    {
        using var program = TestTarget.Start("zoo_fork");
        var range = program.Range("memory");
        var child = int.Parse(program.Said["child"].Single(), CultureInfo.InvariantCulture);
        Shared(program.Pid, range).ShouldBe(12UL << 20);
        using (var target = new LinuxTarget(program.Pid))
        {
            target.ReadMappings(new BlockTable(), new StringTable(), []);
            var bytes = new byte[1 << 20];
            for (var at = range.Start.Value; at < range.End.Value;)
            {
                var got = target.Read(new Address(at), bytes);
                got.ShouldBeGreaterThan(0);
                bytes[0].ShouldBe((byte)(1 + (at - range.Start.Value) / 4096 % 100));
                at += (ulong)got;
            }
            var starts = Enumerable.Range(0, 4096).Select(i => range.Start.Value + 4096 * (ulong)i).ToArray();
            var (words, lengths) = (new byte[16 * starts.Length], new int[starts.Length]);
            target.ReadEach(starts, 16, words, lengths);
            lengths.ShouldAllBe(length => length == 16);
            for (var i = 0; i < starts.Length; i++)
                words[16 * i].ShouldBe((byte)(1 + i % 100));
        }
        Zoo.Capture(program.Pid, CaptureOptions.Full with { Heaps = true });
        foreach (var pid in (int[])[program.Pid, child])
            Shared(pid, range).ShouldBe(12UL << 20);
    }
}
