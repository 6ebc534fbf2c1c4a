using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

public sealed class ReaderRefreshTests
{
    [Theory]
    [InlineData("reader_pages")]
    [InlineData("reader_mixed")]
    public void A_target_that_stands_still_has_no_changes(string program)
    {
        using var running = TestTarget.Start(program);
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        ChangeSet changes = default;
        // Pages of the C library stop being its own when any other program starts: then look again.
        for (var i = 0; i < 20 && (i == 0 || !changes.Rows.IsEmpty); i++)
        {
            target.ReadMappings(new BlockTable(), new StringTable(), []);
            target.TryRefresh(out changes).ShouldBeTrue();
            changes.Mappings.ShouldBeFalse();
        }
        changes.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void The_rows_whose_pages_changed_are_told()
    {
        using var running = TestTarget.Start("reader_touch");
        using var target = new LinuxTarget(running.Pid);
        var mappings = new BlockTable();
        target.ReadMappings(mappings, new StringTable(), []);
        Ask(running, "touch");
        target.TryRefresh(out var changes).ShouldBeTrue();
        changes.Mappings.ShouldBeFalse();
        changes.Rows.ToArray().ShouldContain(mappings.IndexOf(new Address(running.Address("small"))));
        changes.Rows.ToArray().ShouldContain(mappings.IndexOf(new Address(running.Address("large"))));
        changes.Rows.ToArray().ShouldNotContain(mappings.IndexOf(new Address(running.Address("quiet"))));
        target.ReadMappings(Cleared(mappings), new StringTable(), []);
        target.TryRefresh(out changes).ShouldBeTrue();
        changes.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void A_new_mapping_is_told()
    {
        using var running = TestTarget.Start("reader_touch");
        using var target = new LinuxTarget(running.Pid);
        target.ReadMappings(new BlockTable(), new StringTable(), []);
        Ask(running, "map");
        target.TryRefresh(out var changes).ShouldBeTrue();
        changes.Mappings.ShouldBeTrue();
    }

    [Fact]
    public void It_can_not_tell_before_the_first_reading_and_after_the_end()
    {
        using var running = TestTarget.Start("reader_touch");
        using var target = new LinuxTarget(running.Pid);
        target.TryRefresh(out _).ShouldBeFalse();
        target.ReadMappings(new BlockTable(), new StringTable(), []);
        running.Input.Close();
        running.Output.ReadToEnd();
        for (var i = 0; i < 1000 && target.TryRefresh(out _); i++)
            Thread.Sleep(5); // a process ends a moment after its output does
        target.TryRefresh(out _).ShouldBeFalse();
    }

    [Fact]
    public void A_refresh_allocates_next_to_nothing()
    {
        using var running = TestTarget.Start("reader_maps", "3000");
        running.Stop();
        using var target = new LinuxTarget(running.Pid);
        target.ReadMappings(new BlockTable(), new StringTable(), []);
        for (var i = 0; i < 3; i++)
            target.TryRefresh(out _).ShouldBeTrue();
        var before = GC.GetAllocatedBytesForCurrentThread();
        target.TryRefresh(out var changes).ShouldBeTrue();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThanOrEqualTo(1024);
        changes.IsEmpty.ShouldBeTrue();
    }

    static BlockTable Cleared(BlockTable mappings)
    {
        mappings.Clear();
        return mappings;
    }

    static void Ask(TestTarget running, string what)
    {
        running.Input.WriteLine(what);
        running.Input.Flush();
        running.Output.ReadLine().ShouldBe("done");
    }
}
