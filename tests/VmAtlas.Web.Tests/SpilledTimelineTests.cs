using VmAtlas.Testing;
using VmAtlas.Web.Sessions;

namespace VmAtlas.Web.Tests;

public sealed class SpilledTimelineTests
{
    [Fact]
    public void Every_snapshot_can_be_had_again_and_nothing_is_left_on_the_disk()
    {
        string file;
        using (var timeline = new SpilledTimeline())
        {
            for (var i = 0; i < 12; i++)
                timeline.Add(new SnapshotMaker { TakenAt = DateTimeOffset.UnixEpoch.AddMinutes(i) }.Make()).ShouldBe(i);
            timeline.Count.ShouldBe(12);
            foreach (var i in (int[])[0, 11, 5, 7, 0])
                timeline.Load(i).TakenAt.ShouldBe(DateTimeOffset.UnixEpoch.AddMinutes(i));
            File.Exists(file = timeline.FilePath).ShouldBeTrue();
            File.GetUnixFileMode(Path.GetDirectoryName(file)!).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        File.Exists(file).ShouldBeFalse();
    }
}
