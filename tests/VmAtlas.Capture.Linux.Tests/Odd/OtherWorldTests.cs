using System.Diagnostics;
using System.Globalization;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Processes;
using VmAtlas.Capture.Linux.Tests.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>Programs for another word length, another C library, or in namespaces of their own.</summary>
public sealed class OtherWorldTests : IDisposable
{
    const string NoWide = "no 32-bit program can be built here (Debian package gcc-multilib)", NoMusl = "musl is not installed (Debian package musl-tools)";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-odd-");

    public void Dispose() => Tool.Output("rm", "-r", _folder.FullName); // .NET can not name a file that is not UTF-8

    static bool IsBuilt(string program) => File.Exists(Path.Combine(Repository.Targets, program));

    [Theory]
    [InlineData("zoo_threads-m32", "6", "plain")]
    [InlineData("zoo_kinds-m32", "{folder}", "")]
    [InlineData("zoo_heaps-m32", "", "")]
    [InlineData("zoo_threads-musl", "6", "plain")]
    [InlineData("zoo_threads", "6", "leaderless")]
    public void Totals_and_rows_equal_the_kernels(string program, string first, string second)
    {
        Assert.SkipUnless(IsBuilt(program), program.EndsWith("musl", StringComparison.Ordinal) ? NoMusl : NoWide);
        using var running = TestTarget.Start(program, first.Replace("{folder}", _folder.FullName, StringComparison.Ordinal), second);
        running.Stop();
        using var target = new LinuxTarget(running.Pid) { ReadsRollup = second != "leaderless" };
        KernelTruth.Eventually(() =>
        {
            var snapshot = new CapturePipeline(target, LinuxAnnotators.All).Capture();
            snapshot.Annotators.Where(a => !a.Ran).ShouldBeEmpty();
            Laws.Check(snapshot).ShouldBeEmpty();
            if (second == "leaderless")
                return; // neither smaps_rollup nor pmap reads such a process
            KernelTruth.TotalsEqualTheKernels(snapshot);
            Assert.SkipUnless(File.Exists(KernelTruth.Pmap), "pmap is not installed (Debian package procps)");
            KernelTruth.TotalsEqualPmap(snapshot, running.Pid);
            KernelTruth.RowsEqualPmap(new CapturePipeline(target, []).Capture(), running.Pid);
        });
    }

    [Fact]
    public void A_32_bit_programs_images_have_sections_and_its_threads_stacks()
    {
        Assert.SkipUnless(IsBuilt("zoo_threads-m32"), NoWide);
        using var running = TestTarget.Start("zoo_threads-m32", "6", "plain");
        running.Stop(); // a thread that runs does not tell its stack pointer
        var snapshot = Zoo.Capture(running);
        snapshot.Process.Architecture.ShouldBe("x86");
        snapshot.Layout.End.Value.ShouldBeLessThanOrEqualTo(1UL << 32);
        var library = snapshot.RegionsOf(MemoryType.Image).Single(r => r.Details.EndsWith("/libc.so.6", StringComparison.Ordinal));
        library.BlockList().ShouldContain(b => b.Label.Contains(".text", StringComparison.Ordinal));
        StacksAreFoundByPointer(snapshot, running, 6);
    }

    [Fact]
    public void Threads_of_a_musl_program_have_stacks()
    {
        Assert.SkipUnless(IsBuilt("zoo_threads-musl"), NoMusl);
        using var running = TestTarget.Start("zoo_threads-musl", "6", "plain");
        running.Stop(); // a thread that runs does not tell its stack pointer
        StacksAreFoundByPointer(Zoo.Capture(running), running, 6);
    }

    /// <summary>Where only the stack pointer is known, the region is the mapping it lies in: it holds the stack, and may hold more.</summary>
    static void StacksAreFoundByPointer(Snapshot snapshot, TestTarget running, int threads)
    {
        running.Said["thread"].Count().ShouldBe(threads);
        foreach (var words in running.Said["thread"].Select(line => line.Split(' ', 5)))
        {
            var start = Convert.ToUInt64(words[1], 16);
            var region = snapshot.Find(new Address(start + 4096 * 4)).ShouldNotBeNull();
            region.Type.ShouldBe(MemoryType.Stack);
            region.Details.ShouldBe($"Thread {words[0]} ({words[4]})");
            region.End.Value.ShouldBeGreaterThanOrEqualTo(start + ulong.Parse(words[2], CultureInfo.InvariantCulture));
            region.Fact("guard").ShouldBe(words[3]);
            region.Fact("stack-size").ShouldBeNull();
        }
    }

    /// <summary>Of its own user, pid and mount namespaces, with its program on a file system that nobody else sees, in a cgroup of its own.</summary>
    [Fact]
    public void A_program_in_namespaces_is_seen_from_outside()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/unshare"), "unshare is not installed (Debian package util-linux)");
        var script = $"mount -t tmpfs none /mnt && cp {Repository.Targets}/zoo_threads /mnt/inside && exec /mnt/inside 3 plain";
        using var started = TryStart("unshare", "--user", "--map-root-user", "--pid", "--mount", "--fork", "--mount-proc", "sh", "-c", script);
        Assert.SkipWhen(started is null, "namespaces are refused here");
        var pid = ProcessTree.Of(started.Pid).Single(p => File.ReadAllText($"/proc/{p}/comm") == "inside\n");
        var snapshot = Zoo.Capture(pid);
        snapshot.Process.Executable.ShouldBe("/mnt/inside");
        // Inside it is 1, and its threads are few: names and ids are those of outside.
        started.Said["thread"].Select(l => int.Parse(l.Split(' ')[0], CultureInfo.InvariantCulture)).ShouldAllBe(tid => tid < 20);
        var threads = Directory.GetDirectories($"/proc/{pid}/task").Select(t => Path.GetFileName(t)!).Order().ToList();
        var stacks = snapshot.RegionsOf(MemoryType.Stack).Select(r => (Id: r.Fact("thread-id"), r.Details)).Where(s => s.Id is not null).ToList();
        stacks.Select(s => s.Id!).Order().ShouldBe(threads);
        stacks.Select(s => s.Details).Order().ShouldContain(d => d.EndsWith("(worker 2)", StringComparison.Ordinal));
        // The file is there only through the target's own root.
        File.Exists("/mnt/inside").ShouldBeFalse();
        var program = snapshot.RegionsOf(MemoryType.Image).Single(r => r.Details == "/mnt/inside");
        program.Fact("build-id").ShouldNotBeNull();
        program.BlockList().ShouldContain(b => b.Label.Contains(".text", StringComparison.Ordinal));
        using var target = new LinuxTarget(pid);
        var code = program.BlockList().First(b => b.Label.Contains(".text", StringComparison.Ordinal));
        target.PlaceInImage(snapshot, code.Range.Start).ShouldNotBeNull().Section.ShouldNotBeNull();
    }

    [Fact]
    public void A_cgroup_of_its_own_is_named_in_the_list()
    {
        var mount = (string[])["/sys/fs/cgroup/memory", "/sys/fs/cgroup"];
        var parent = mount.FirstOrDefault(m => File.Exists($"{m}/cgroup.procs"));
        Assert.SkipWhen(parent is null || !Environment.IsPrivilegedProcess, "no cgroup can be made here");
        var group = $"{parent}/vmatlas-{Environment.ProcessId}.service";
        try
        {
            Directory.CreateDirectory(group);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Assert.Skip($"no cgroup can be made here: {e.Message}");
        }
        try
        {
            using var running = TestTarget.Start("/bin/sh", "-c", $"echo $$ > {group}/cgroup.procs; exec {Repository.Targets}/reader_pages");
            ProcessList.Read(running.Pid).ShouldNotBeNull().Container.ShouldBe(Path.GetFileName(group));
            var snapshot = Zoo.Capture(running);
            snapshot.Process.Container.ShouldBe(Path.GetFileName(group));
            snapshot.Counters["cgroup.current"].ShouldBeGreaterThan(0UL);
        }
        finally
        {
            SpinWait.SpinUntil(() => TryRemove(group), TimeSpan.FromSeconds(10));
        }
    }

    static bool TryRemove(string group)
    {
        try
        {
            Directory.Delete(group);
            return true;
        }
        catch (IOException)
        {
            Thread.Sleep(20); // a process is not gone from it the moment it ends
            return false;
        }
    }

    static TestTarget? TryStart(string program, params string[] arguments)
    {
        try
        {
            return TestTarget.Start(Path.Combine("/usr/bin", program), arguments);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
