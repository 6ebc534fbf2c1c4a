using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests.Vmatlas;

public sealed class RoundTripTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 7)]
    [InlineData(4, 240)]
    [InlineData(5, 5000)]
    public void A_snapshot_comes_back_as_it_was(int seed, int blocks)
    {
        var snapshot = new RandomSnapshots(seed).With(blocks).Take();
        var path = _folder.File("one.vmatlas");
        TimelineFile.Save(path, snapshot);
        using var timeline = TimelineFile.Open(path);
        timeline.Count.ShouldBe(1);
        timeline.Problems.ShouldBeEmpty();
        timeline.Load(0).ShouldSayTheSameAs(snapshot);
    }

    [Theory]
    [InlineData(11, 30, 600, 3)]
    [InlineData(12, 240, 40, 60)]
    [InlineData(13, 3, 40, 5)]
    [InlineData(14, 400, 10, 1000)]
    public void A_timeline_comes_back_as_it_was_in_any_order(int seed, int blocks, int snapshots, int changes)
    {
        var maker = new RandomSnapshots(seed).With(blocks);
        var taken = Enumerable.Range(0, snapshots).Select(_ => maker.Age(changes).Take()).ToList();
        var path = _folder.File("many.vmatlas");
        TimelineFile.Save(path, taken);
        using var timeline = TimelineFile.Open(path);
        timeline.Count.ShouldBe(snapshots);
        var random = new Random(seed);
        foreach (var i in Enumerable.Range(0, snapshots).Concat(Enumerable.Range(0, 30).Select(_ => random.Next(snapshots))))
        {
            timeline.TakenAt(i).ShouldBe(taken[i].TakenAt);
            timeline.Load(i).ShouldSayTheSameAs(taken[i]);
        }
    }

    [Fact]
    public void What_the_source_did_not_know_stays_absent_and_what_is_zero_stays_zero()
    {
        var maker = new RandomSnapshots(21) { KnowsPageTables = false }.With(50);
        maker.Known.Remove(Measure.Pss);
        maker.Known.Remove(Measure.TotalWs);
        maker.Known.Remove(Measure.PrivateWs);
        var path = _folder.File("absent.vmatlas");
        TimelineFile.Save(path, maker.Take());
        using var timeline = TimelineFile.Open(path);
        var loaded = timeline.Load(0);
        loaded.Has(Measure.Pss).ShouldBeFalse();
        loaded.Has(Measure.ShareableWs).ShouldBeFalse();
        loaded.Has(Measure.Ksm).ShouldBeTrue();
        loaded.PageTables.ShouldBeNull();
        loaded.Process.User.ShouldBeNull();
    }

    [Fact]
    public void A_measure_that_appears_or_disappears_midway_is_kept_as_such()
    {
        var maker = new RandomSnapshots(22).With(20);
        var with = maker.Take();
        maker.Known.Remove(Measure.Pss);
        var without = maker.Take();
        maker.Known.Add(Measure.Pss);
        var again = maker.Age(3).Take();
        var path = _folder.File("midway.vmatlas");
        TimelineFile.Save(path, [with, without, again]);
        using var timeline = TimelineFile.Open(path);
        timeline.Load(2).ShouldSayTheSameAs(again);
        timeline.Load(1).ShouldSayTheSameAs(without);
        timeline.Load(0).ShouldSayTheSameAs(with);
    }

    [Fact]
    public void Names_that_are_not_text_keep_their_bytes()
    {
        var snapshot = new RandomSnapshots(23).With(3).Take();
        byte[] name = [0x2f, 0xff, 0xfe, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x0a, 0xc3];
        snapshot.Blocks.SetName(1, snapshot.Strings.Intern(name));
        var path = _folder.File("bytes.vmatlas");
        TimelineFile.Save(path, snapshot);
        using var timeline = TimelineFile.Open(path);
        var loaded = timeline.Load(0);
        loaded.Strings.Utf8(loaded.Blocks.Names[1]).ToArray().ShouldBe(name);
    }
}
