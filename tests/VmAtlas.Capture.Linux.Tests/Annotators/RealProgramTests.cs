using VmAtlas.Capture.Linux.Tests.RealPrograms;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>Programs that nobody made for this: what must hold whatever they are.</summary>
public sealed class RealProgramTests
{
    static readonly Dictionary<string, string> s_java = new()
    {
        ["Ready.java"] = "public class Ready { public static void main(String[] a) throws Exception { System.out.println(\"ready\"); System.in.read(); } }",
    };

    public static TheoryData<string, string[]> Programs => new()
    {
        { "python3", ["-c", "import ssl, sqlite3, threading\nthreading.Thread(target=input, daemon=True).start()\nprint('ready', flush=True)\nthreading.Event().wait()"] },
        { "node", ["-e", "console.log('ready'); process.stdin.resume()"] },
        { "java", ["{folder}/Ready.java"] },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void Threads_code_and_heaps_of_a_real_program_are_found(string program, string[] arguments)
    {
        var path = RealProgram.Find(program);
        Assert.SkipWhen(path is null, $"{program} is not installed");
        using var target = RealProgram.Start(path!, arguments, files: s_java);
        var threads = Directory.GetDirectories($"/proc/{target.Pid}/task").Length;
        var snapshot = Zoo.Capture(target.Pid);
        snapshot.RegionsOf(MemoryType.Stack).Count(r => r.Fact("thread-id") is not null).ShouldBe(threads);
        Check(snapshot);
        RealProcesses.CompareStopped(target).Keys.ShouldContain(target.Pid);
    }

    [Fact]
    public void Assemblies_of_a_NET_program_are_images_and_their_flat_views_are_files()
    {
        var snapshot = Zoo.Capture(Environment.ProcessId);
        Check(snapshot);
        var assemblies = snapshot.RegionsOf(MemoryType.Image).Where(r => r.Fact("format") == "PE, managed").ToList();
        var core = assemblies.Single(r => r.Details.EndsWith("/System.Private.CoreLib.dll", StringComparison.Ordinal));
        core.BlockList().Select(b => b.Label).ShouldContain(".text");
        snapshot.RegionsOf(MemoryType.MappedFile).Select(r => r.Details).ShouldContain(core.Details, "it is mapped flat too");
    }

    /// <summary>Code of files is in images, the break is a heap, and no stack or image overlaps what is not its own.</summary>
    static void Check(Snapshot snapshot)
    {
        var images = snapshot.RegionsOf(MemoryType.Image).Select(r => r.Details).ToHashSet();
        for (var i = 0; i < snapshot.Blocks.Count; i++)
        {
            var block = snapshot.BlockAt(i);
            // V8 maps the code of its builtins once more, from the program's own file: a part of what is an image elsewhere.
            if (block.Inode != 0 && block.Protection.HasFlag(Protection.Execute) && !block.Protection.IsShared())
                (block.Region.Type == MemoryType.Image || images.Contains(block.Name)).ShouldBeTrue($"{block.Range} {block.Name}");
            if (block.Name == "[heap]" && block.Label != ".bss")
                block.Region.Type.ShouldBe(MemoryType.Heap);
            if (block.Region.Type == MemoryType.Stack)
                block.Inode.ShouldBe(0UL);
        }
        snapshot.RegionsOf(MemoryType.Image).ShouldAllBe(r => r.Get(Measure.Size) < 1UL << 32);
    }
}
