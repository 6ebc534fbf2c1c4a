using System.Runtime.InteropServices;
using VmAtlas.Model;
using VmAtlas.Tracing.Launch;
using VmAtlas.Tracing.Session;

namespace VmAtlas.Tracing.Tests;

public sealed unsafe class SurvivalTests
{
    [Fact]
    public void A_program_whose_viewer_does_not_read_goes_on_by_itself()
    {
        using var file = SharedFile.Create(inherited: true);
        var variables = Spawn.OwnEnvironment();
        variables["LD_PRELOAD"] = AgentFile.Path;
        variables["VMATLAS_TRACE"] = $"{file.Descriptor}:0:0";
        var pid = Spawn.Start(TraceRun.Target("family"), [TraceRun.Target("family"), "forever"], variables);
        Spawn.Wait(pid).ShouldBe((TraceEnding.Exited, 0));
        file.Root.State.ShouldBe(SessionState.GaveUp);
    }

    [Fact]
    public void Whatever_a_target_writes_into_its_ring_is_read_within_bounds()
    {
        var random = new Random(20);
        var ring = (RingHeader*)NativeMemory.AllocZeroed(SessionLayout.RingSize);
        try
        {
            for (var round = 0; round < 40; round++)
            {
                var words = new Span<ulong>((byte*)ring + SessionLayout.RingHeaderSize, SessionLayout.RingWords);
                random.NextBytes(MemoryMarshal.AsBytes(words));
                for (var i = 0; i < words.Length; i++) // mostly words that mean something, so that more than the first is read
                    words[i] = words[i] & ~15UL | (uint)random.Next(1, round % 2 == 0 ? 7 : 16);
                ring->Tail = round % 4 == 0 ? ulong.MaxValue - 1000 : (ulong)random.NextInt64();
                ring->Head = unchecked(ring->Tail + (ulong)random.Next(SessionLayout.RingWords + 2));
                var reader = new RingReader(ring, 0, new WeightTable(round % 3 == 0 ? 0UL : 65536));
                reader.Look();
                while (reader.HasMore)
                    reader.Read(all: true).ShouldBeTrue();
                ring->Tail.ShouldBe(ring->Head);
                reader.Queue.Count.ShouldBeLessThanOrEqualTo(2 * SessionLayout.RingWords);
            }
        }
        finally
        {
            NativeMemory.Free(ring);
        }
    }

    [Fact]
    public void A_head_that_is_further_than_a_ring_is_long_ends_that_thread()
    {
        var ring = (RingHeader*)NativeMemory.AllocZeroed(SessionLayout.RingSize);
        try
        {
            var reader = new RingReader(ring, 0, new WeightTable(0));
            ring->Head = SessionLayout.RingWords + 1;
            reader.Look();
            reader.HasMore.ShouldBeFalse();
            reader.IsBroken.ShouldBeTrue();
            reader.Queue.Count.ShouldBe(0);
        }
        finally
        {
            NativeMemory.Free(ring);
        }
    }
}
