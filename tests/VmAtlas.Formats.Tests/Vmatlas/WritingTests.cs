using System.Diagnostics;
using VmAtlas.Formats.Vmatlas;
using VmAtlas.Model;

namespace VmAtlas.Formats.Tests.Vmatlas;

/// <summary>The recorder's side: several writers, a full disk, files replaced, files read while they grow.</summary>
public sealed class WritingTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly RandomSnapshots _maker = new RandomSnapshots(71).With(40);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_appended_can_be_read_at_once_by_others()
    {
        var path = _folder.File("growing.vmatlas");
        using var writer = TimelineFile.Create(path);
        for (var i = 1; i <= 3; i++)
        {
            var snapshot = _maker.Age(3).Take();
            writer.Append(snapshot);
            using var timeline = TimelineFile.Open(path);
            timeline.Count.ShouldBe(i);
            timeline.Load(i - 1).ShouldSayTheSameAs(snapshot);
        }
        writer.Length.ShouldBe(new FileInfo(path).Length);
    }

    [Fact]
    public void A_second_recording_into_the_same_file_is_refused_and_harms_nothing()
    {
        var path = _folder.File("one.vmatlas");
        using (var writer = TimelineFile.Create(path))
        {
            writer.Append(_maker.Take());
            Should.Throw<VmAtlasException>(() => TimelineFile.Create(path)).Message.ShouldContain("another recording");
            writer.Append(_maker.Take());
        }
        using (var timeline = TimelineFile.Open(path))
            timeline.Count.ShouldBe(2);
        using var again = TimelineFile.Create(path);
        again.Count.ShouldBe(0);
    }

    [Fact]
    public void Threads_that_append_at_the_same_time_leave_a_whole_file()
    {
        var path = _folder.File("threads.vmatlas");
        var snapshots = Enumerable.Range(0, 40).Select(_ => _maker.Age(2).Take()).ToList();
        using (var writer = TimelineFile.Create(path))
            Parallel.ForEach(snapshots, writer.Append);
        using var timeline = TimelineFile.Open(path);
        timeline.Problems.ShouldBeEmpty();
        Enumerable.Range(0, timeline.Count).Select(i => timeline.Load(i).TakenAt).Order().ShouldBe(snapshots.Select(s => s.TakenAt));
    }

    /// <summary>A disk that takes so many bytes and no more; what did fit of a write stays, as on a real one.</summary>
    sealed class FullDisk(int capacity) : MemoryStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            var fits = Math.Min(buffer.Length, capacity - (int)Length);
            base.Write(buffer[..fits]);
            if (fits < buffer.Length)
                throw new IOException("No space left on device");
        }
    }

    [Fact]
    public void A_full_disk_is_told_with_what_is_kept_and_leaves_a_whole_file()
    {
        var disk = new FullDisk(6000);
        var writer = new TimelineWriter(disk, "full.vmatlas");
        var taken = new List<Snapshot>();
        var error = Should.Throw<VmAtlasException>(() =>
        {
            while (true)
            {
                taken.Add(_maker.Age(20).Take());
                writer.Append(taken[^1]);
            }
        });
        writer.Count.ShouldBe(taken.Count - 1);
        error.Message.ShouldContain($"{writer.Count} snapshots");
        error.Message.ShouldContain("No space left on device");
        Should.Throw<VmAtlasException>(() => writer.Append(taken[0]));
        using var timeline = new TimelineReader(new MemoryStream(disk.ToArray()), "full.vmatlas", ReaderLimits.Default);
        timeline.Problems.ShouldBeEmpty();
        timeline.Count.ShouldBe(writer.Count);
        timeline.Load(timeline.Count - 1).ShouldSayTheSameAs(taken[^2]);
    }

    [Fact]
    public void A_snapshot_that_can_not_be_saved_leaves_the_file_that_was_there()
    {
        var path = _folder.File("kept.vmatlas");
        TimelineFile.Save(path, _maker.Take());
        var before = File.ReadAllBytes(path);
        Should.Throw<InvalidOperationException>(() => TimelineFile.Save(path, Fails()));
        File.ReadAllBytes(path).ShouldBe(before);
        Directory.GetFiles(Path.GetDirectoryName(path)!).ShouldBe([path]);

        IEnumerable<Snapshot> Fails()
        {
            yield return _maker.Take();
            throw new InvalidOperationException();
        }
    }

    [Fact]
    public void A_place_that_can_not_be_written_is_named()
    {
        var path = _folder.File("no/such/folder.vmatlas");
        Should.Throw<VmAtlasException>(() => TimelineFile.Create(path)).Message.ShouldContain(path);
        Should.Throw<VmAtlasException>(() => TimelineFile.Save(path, _maker.Take())).Message.ShouldContain(path);
    }

    [Fact]
    public void A_quiet_process_costs_little_a_snapshot()
    {
        var path = _folder.File("quiet.vmatlas");
        using (var writer = TimelineFile.Create(path))
        {
            writer.Append(_maker.Take());
            var first = writer.Length;
            for (var i = 0; i < 500; i++)
                writer.Append(_maker.Age(1).Take());
            ((writer.Length - first) / 500).ShouldBeLessThan(500); // 10,000 of them in 5 MB
        }
    }

    [Fact]
    public void Another_process_finds_the_recording_locked_and_a_recording_finds_its_lock()
    {
        var path = _folder.File("locked.vmatlas");
        using (TimelineFile.Create(path))
            TryLock(path, hold: false).ShouldBe("busy");
        TryLock(path, hold: false).ShouldBe("free");
        using var other = StartPython(path, hold: true);
        other.StandardOutput.ReadLine().ShouldBe("free");
        Should.Throw<VmAtlasException>(() => TimelineFile.Create(path)).Message.ShouldContain("another recording");
        other.StandardInput.Close();
        other.WaitForExit();
        TimelineFile.Create(path).Dispose();
    }

    static string? TryLock(string path, bool hold)
    {
        using var python = StartPython(path, hold);
        var answer = python.StandardOutput.ReadLine();
        python.WaitForExit();
        return answer;
    }

    static Process StartPython(string path, bool hold)
    {
        const string Script = """
            import fcntl, sys
            f = open(sys.argv[1], "r+b")
            try:
                fcntl.lockf(f, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, (1 << 63) - 2)
                print("free", flush=True)
            except OSError:
                print("busy", flush=True)
            if sys.argv[2] == "hold":
                sys.stdin.read()
            """;
        try
        {
            return Process.Start(new ProcessStartInfo("python3", ["-c", Script, path, hold ? "hold" : "go"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            })!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not installed");
            throw;
        }
    }

    [Fact]
    public void On_a_disk_that_is_really_full_what_was_before_is_kept()
    {
        var mount = Directory.CreateDirectory(_folder.File("disk")).FullName;
        using (var mounting = Process.Start(new ProcessStartInfo("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", mount]) { RedirectStandardError = true })!)
        {
            mounting.WaitForExit();
            if (mounting.ExitCode != 0)
                Assert.Skip("a small disk can only be mounted by root");
        }
        try
        {
            var path = Path.Combine(mount, "full.vmatlas");
            using var writer = TimelineFile.Create(path);
            Should.Throw<VmAtlasException>(() =>
            {
                while (true)
                    writer.Append(_maker.Age(30).Take());
            }).Message.ShouldContain($"{writer.Count} snapshots");
            using var timeline = TimelineFile.Open(path);
            timeline.Count.ShouldBe(writer.Count);
            timeline.Problems.ShouldBeEmpty();
            Should.Throw<VmAtlasException>(() => TimelineFile.Save(path, new RandomSnapshots(9).With(5000).Take()));
            Directory.GetFiles(mount).ShouldBe([path]);
        }
        finally
        {
            Process.Start("umount", [mount]).WaitForExit();
        }
    }
}
