using System.Globalization;
using VmAtlas.Capture.Windows.Heaps;
using VmAtlas.Model;
using VmAtlas.Model.Heaps;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.Live;

/// <summary>A program that knows the blocks of its heap, against what is told of them.</summary>
public sealed class HeapTests : LiveTest, IDisposable
{
    readonly TestTarget _target = TestTarget.Start("heaps.exe");

    [Fact]
    public void Every_block_it_holds_is_in_use_and_the_count_is_that_of_HeapWalk()
    {
        var (heap, chunks) = Read();
        foreach (var (address, size) in Said("held").Concat(Said("large")))
        {
            var chunk = chunks.IndexOf(new Address(address));
            chunk.ShouldBeGreaterThanOrEqualTo(0, $"{address:x}");
            chunks.BlockOf(chunk).ShouldBe(new Address(address));
            chunks.StateOf(chunk).IsHeld().ShouldBeTrue($"{address:x} {chunks.StateOf(chunk)}");
            chunks.UsableOf(chunk).ShouldBeGreaterThanOrEqualTo(size);
        }
        var (blocks, _) = Said("walk").Single();
        (heap.InUse.Chunks + (ulong)Said("large").Count()).ShouldBe(blocks);
    }

    [Fact]
    public void What_it_gave_back_is_free_unless_it_was_given_out_again()
    {
        var (_, chunks) = Read();
        var held = Said("held").Select(h => h.Address).ToHashSet();
        var (free, all) = (0, 0);
        foreach (var (address, _) in Said("freed").Where(f => !held.Contains(f.Address)))
        {
            var chunk = chunks.IndexOf(new Address(address));
            all++;
            if (chunk >= 0 && !chunks.StateOf(chunk).IsHeld())
                free++;
        }
        all.ShouldBeGreaterThan(1000);
        free.ShouldBeInRange(all - 100, all, "small blocks were put into some of them");
    }

    [Fact]
    public void Each_block_lies_in_a_region_of_its_heap()
    {
        var snapshot = Capture(_target.Pid);
        var heap = snapshot.Find(new Address(_target.Address("heap"))).ShouldNotBeNull().Details;
        foreach (var (address, _) in Said("held").Concat(Said("large")))
            snapshot.Find(new Address(address)).ShouldNotBeNull().ShouldSatisfyAllConditions(r => r.Type.ShouldBe(MemoryType.Heap), r => r.Details.ShouldBe(heap));
    }

    [Fact]
    public void A_snapshot_keeps_them_and_its_file_is_looked_into()
    {
        var file = Path.ChangeExtension(Path.GetTempFileName(), ".vmatlas");
        Exe.Ok($"snapshot {_target.Pid} --heaps -o {file}");
        var (address, _) = Said("held").First();
        Exe.Ok($"heap {file} --blocks --top 100000").ShouldContain($"{address:x12}");
        Exe.Ok($"at {file} {address:x}").ShouldContain("Heap ID: ");
        File.Delete(file);
    }

    [Fact]
    public void A_minidump_with_its_memory_is_looked_into()
    {
        var dump = Path.ChangeExtension(Path.GetTempFileName(), ".dmp");
        MinidumpProgram.Write($"{_target.Pid}", dump);
        var (blocks, _) = Said("walk").Single();
        Exe.Ok($"heap {dump} --json").ShouldContain($"\"chunks\":{blocks - (ulong)Said("large").Count()},");
        File.Delete(dump);
    }

    public void Dispose() => _target.Dispose();

    (ArenaReport Heap, ChunkTable Chunks) Read()
    {
        using var target = (WindowsTarget)Platform.Open(_target.Pid);
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        var report = SystemHeapReader.Read(target, mappings, keepChunks: true, TestContext.Current.CancellationToken).ShouldNotBeNull();
        report.Problems.ShouldBeEmpty();
        return (report.Arenas.Single(a => a.Address.Value == _target.Address("heap")), report.Chunks.ShouldNotBeNull());
    }

    IEnumerable<(ulong Address, ulong Size)> Said(string key) =>
        _target.Said[key].Select(line => line.Split(' ')).Select(w => (ulong.Parse(w[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture), ulong.Parse(w[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)));
}
