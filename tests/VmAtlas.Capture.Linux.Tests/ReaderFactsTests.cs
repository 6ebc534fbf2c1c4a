using VmAtlas.Capture.Linux.Facts;
using VmAtlas.Capture.Linux.Proc;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests;

public sealed class ReaderFactsTests
{
    const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Fact]
    public void Knows_who_a_process_is()
    {
        var before = DateTimeOffset.UtcNow;
        using var program = TestTarget.Start("reader_pages", "two words", "x");
        using var target = new LinuxTarget(program.Pid);
        var facts = target.Process;
        facts.Name.ShouldBe("reader_pages");
        facts.Command.ShouldNotBeNull().ShouldEndWith("/reader_pages two words x");
        facts.Executable.ShouldBe(Path.Combine(Repository.Targets, "reader_pages"));
        facts.User.ShouldBe(Environment.UserName);
        facts.ParentPid.ShouldBe(Environment.ProcessId);
        facts.Threads.ShouldBe(2);
        facts.StartedAt.ShouldNotBeNull().ShouldBeInRange(before.AddSeconds(-2), DateTimeOffset.UtcNow.AddSeconds(2));
        facts.Architecture.ShouldBe(target.System.Architecture);
        target.System.Kernel.ShouldStartWith("Linux ");
        target.System.PhysicalMemory.ShouldNotBeNull();
        target.Layout.StackGuardGap.Bytes.ShouldBe(LayoutReader.GuardPages(File.ReadAllText("/proc/cmdline")) * 4096);
    }

    [Theory]
    [InlineData($"0::/system.slice/docker-{Id}.scope", "docker:0123456789ab")]
    [InlineData($"12:pids:/docker/{Id}\n4:memory:/docker/{Id}\n0::/", "docker:0123456789ab")]
    [InlineData($"0::/machine.slice/libpod-{Id}.scope/container", "podman:0123456789ab")]
    [InlineData($"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-{Id}.scope", "containerd:0123456789ab")]
    [InlineData($"0::/kubepods.slice/kubepods-pod1.slice/crio-{Id}.scope", "cri-o:0123456789ab")]
    [InlineData($"4:cpu,memory:/kubepods/besteffort/pod12/{Id}", "k8s:0123456789ab")]
    [InlineData($"0::/something/{Id}", "container:0123456789ab")]
    [InlineData("0::/lxc.payload.web/system.slice/cron.service", "lxc:web")]
    [InlineData("4:memory:/lxc/web", "lxc:web")]
    [InlineData("0::/system.slice/nginx.service", "nginx.service")]
    [InlineData("0::/user.slice/user-0.slice/session-1.scope", "/user.slice/user-0.slice/session-1.scope")]
    [InlineData("0::/", null)]
    public void Recognises_containers_by_their_cgroup(string text, string? container) =>
        CgroupPath.Parse(text).ShouldNotBeNull().Container.ShouldBe(container);

    [Theory]
    [InlineData("quiet stack_guard_gap=512 splash\n", 512UL)]
    [InlineData("stack_guard_gap=1 stack_guard_gap=2", 2UL)]
    [InlineData("quiet", 256UL)]
    [InlineData("stack_guard_gap=none", 256UL)]
    public void Reads_the_stack_guard_gap_of_the_kernel_command_line(string line, ulong pages) => LayoutReader.GuardPages(line).ShouldBe(pages);

    [Theory]
    [InlineData(2, 1, 62, "x86-64")]
    [InlineData(1, 1, 62, "x32")]
    [InlineData(1, 1, 3, "x86")]
    [InlineData(2, 1, 183, "arm64")]
    [InlineData(2, 2, 22, "s390x")]
    [InlineData(2, 1, 999, "machine 999")]
    public void Names_the_architecture_of_an_elf_header(byte bits, byte order, ushort machine, string name)
    {
        var header = new byte[20];
        new byte[] { 0x7f, (byte)'E', (byte)'L', (byte)'F', bits, order }.CopyTo(header, 0);
        (header[order == 1 ? 18 : 19], header[order == 1 ? 19 : 18]) = ((byte)(machine & 0xff), (byte)(machine >> 8));
        ElfMachine.Parse(header).ShouldBe(name);
        ElfMachine.Parse(header.AsSpan(0, 19)).ShouldBeNull();
        header[0] = 0;
        ElfMachine.Parse(header).ShouldBeNull();
    }

    [Fact]
    public void Counters_are_those_of_status_in_bytes()
    {
        using var program = TestTarget.Start("reader_pages");
        program.Stop();
        using var target = new LinuxTarget(program.Pid);
        target.ReadMappings(new Model.BlockTable(), new Model.StringTable(), []);
        var counters = target.ReadCounters([]);
        foreach (var line in File.ReadLines($"/proc/{program.Pid}/status").Where(l => l.EndsWith(" kB", StringComparison.Ordinal)))
            counters[line.Split(':')[0]].ShouldBe(ulong.Parse(line.Split([':', ' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]) << 10, line);
        counters.Keys.ShouldContain("VmPTE");
        counters.Keys.ShouldContain("rollup.Pss");
        counters.Keys.ShouldNotContain("Threads");
    }

    [Fact]
    public void A_forged_name_makes_no_line_in_status()
    {
        var status = new StatusText("Name:\tx\\nPPid:\t99\nState:\tS (sleeping)\nPPid:\t7\nVmRSS:\t     12 kB\n"u8);
        (status.State, status.ParentPid, status.Bytes("VmRSS"u8), status.Bytes("VmSwap"u8)).ShouldBe(('S', 7, 12288UL, null));
    }
}
