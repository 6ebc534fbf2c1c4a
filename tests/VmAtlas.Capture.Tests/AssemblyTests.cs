using VmAtlas.Model;

namespace VmAtlas.Capture.Tests;

/// <summary>Random targets, randomly cut: sums must hold to the byte whatever is claimed, and what pages tell must be the truth.</summary>
public sealed class AssemblyTests
{
    static readonly Measure[] s_told = [Measure.TotalWs, Measure.Anonymous, Measure.Uss, Measure.PrivateWs, Measure.SharedWs, Measure.Swap];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_cut_sums_and_laws_hold(bool hidesPages)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var target = RandomTarget(random);
            target.HidesPages = hidesPages;
            var whole = Scripted.Capture(target, _ => { });
            var cut = Scripted.Capture(target, claims => ClaimAtRandom(claims, target, random));
            Laws.Check(cut).ShouldBeEmpty($"seed {seed}");
            foreach (var measure in Enum.GetValues<Measure>())
            {
                for (var m = 0; m < target.Count; m++)
                    Sum(cut, measure, target.Range(m)).ShouldBe(whole.Blocks.Get(measure, m), $"{measure} of mapping {m}, seed {seed}");
            }
        }
    }

    [Fact]
    public void What_pages_tell_is_exact()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var target = RandomTarget(random);
            var cut = Scripted.Capture(target, claims => ClaimAtRandom(claims, target, random));
            for (var i = 0; i < cut.Blocks.Count; i++)
            {
                var truth = target.TrueTally(cut.Blocks.Range(i));
                var told = s_told.Select(m => cut.Blocks.Get(m, i));
                told.ShouldBe([truth.Resident, truth.Anonymous, truth.Exclusive, truth.AnonymousExclusive, truth.Resident - truth.Exclusive, truth.Swapped],
                    $"block {i}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Regions_have_the_same_sums_whether_blocks_are_wanted_or_not()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var target = RandomTarget(new Random(seed));
            var full = Scripted.Capture(target, claims => ClaimAtRandom(claims, target, new Random(seed)), CaptureOptions.Full);
            var quick = Scripted.Capture(target, claims => ClaimAtRandom(claims, target, new Random(seed)), CaptureOptions.Quick);
            quick.Regions.Count.ShouldBe(full.Regions.Count);
            for (var r = 0; r < full.Regions.Count; r++)
            {
                foreach (var measure in Enum.GetValues<Measure>())
                    quick.RegionAt(r).Get(measure).ShouldBe(full.RegionAt(r).Get(measure), $"{measure} of region {r}, seed {seed}");
            }
        }
    }

    [Fact]
    public void Mappings_that_tell_all_themselves_cost_no_look_up()
    {
        var target = new FakeTarget();
        target.Add(0x10000, Protection.Read, new PageState[8]);
        target.Add(0x20000, Protection.Read, [.. Enumerable.Repeat(PageState.Present | PageState.Exclusive, 8)]);
        var cut = Scripted.Capture(target, claims => claims.ClaimRange(claims.AddRegion(MemoryType.Heap, "a", "why"), AddressRange.Of(0x13000, 0x25000)));
        target.PageLookUps.ShouldBe(0);
        cut.Blocks.Get(Measure.TotalWs, 1).ShouldBe(0UL);
        cut.Blocks.Get(Measure.PrivateWs, 2).ShouldBe(0x5000UL);
    }

    [Fact]
    public void What_is_shared_out_says_so()
    {
        var target = new FakeTarget();
        target.Add(0x10000, Protection.Read, PageState.Present, PageState.None, PageState.Present, PageState.Present);
        var cut = Scripted.Capture(target, claims => claims.ClaimRange(claims.AddRegion(MemoryType.Heap, "a", "why"), AddressRange.Of(0x10000, 0x11000)));
        cut.BlockAt(0).Facts.ShouldBe(BlockFlags.StartsMapping | BlockFlags.Apportioned);
        cut.BlockAt(1).Facts.ShouldBe(BlockFlags.Apportioned);
    }

    static ulong Sum(Snapshot snapshot, Measure measure, AddressRange range)
    {
        var sum = 0UL;
        for (var i = 0; i < snapshot.Blocks.Count; i++)
            sum += range.Contains(snapshot.Blocks.Range(i)) ? snapshot.Blocks.Get(measure, i) : 0;
        return sum;
    }

    static FakeTarget RandomTarget(Random random)
    {
        var target = new FakeTarget();
        var at = 0x100000UL;
        for (var m = random.Next(1, 5); m > 0; m--)
        {
            var pages = new PageState[random.Next(1, 30)];
            var (resident, swapped) = (random.NextDouble(), random.NextDouble() / 2);
            foreach (ref var page in pages.AsSpan())
            {
                page = random.NextDouble() < resident ? PageState.Present : random.NextDouble() < swapped ? PageState.Swapped : 0;
                if (page == PageState.Present)
                    page |= (PageState)random.Next(4) switch { 0 => PageState.File, (PageState)1 => PageState.Exclusive, (PageState)2 => PageState.File | PageState.Exclusive, _ => 0 };
            }
            var protection = (Protection)random.Next(16);
            target.Add(at, protection, (ulong)random.Next(2), random.Next(3) switch { 0 => "ac", 1 => "lo", _ => "nr" }, pages);
            at += (ulong)(pages.Length + random.Next(2) * 3) * FakeTarget.Page;
        }
        return target;
    }

    static void ClaimAtRandom(ClaimList claims, FakeTarget target, Random random)
    {
        var (low, high) = (target.Range(0).Start.Value, target.Range(target.Count - 1).End.Value);
        for (var n = random.Next(1, 12); n > 0; n--)
        {
            var region = claims.AddRegion((MemoryType)random.Next(7), $"region {n}", "at random");
            if (random.Next(5) == 0)
                claims.Claim(region, random.Next(target.Count));
            else
                claims.ClaimRange(region, RandomRange(), random.Next(2) == 0 ? "" : "part");
            if (random.Next(2) == 0)
                claims.Label(region, RandomRange(), $"label {random.Next(3)}");
        }

        AddressRange RandomRange()
        {
            var start = low + (ulong)random.NextInt64((long)(high - low));
            return AddressRange.Of(start, start + (ulong)random.NextInt64(1, (long)(high - start) + 5000));
        }
    }
}
