using VmAtlas.Capture.Windows.Annotators;
using VmAtlas.Model;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>What Wine 8 answered about a program that knows its own memory, recorded once (Samples/kinds.vmcalls), against what the program said then (kinds.txt).</summary>
public sealed class RecordingTests
{
    static readonly string s_samples = Path.Combine(Repository.Root, "tests", "VmAtlas.Capture.Windows.Tests", "Samples");

    readonly ILookup<string, string> _said = File.ReadLines(Path.Combine(s_samples, "kinds.txt")).Select(l => l.Split(' ', 2)).ToLookup(w => w[0], w => w.ElementAtOrDefault(1) ?? "");

    [Theory]
    [InlineData("reserve", MemoryType.PrivateData, "")]
    [InlineData("shareable", MemoryType.Shareable, "")]
    [InlineData("file", MemoryType.MappedFile, @"C:\vmatlas-kinds-32.bin")]
    [InlineData("program", MemoryType.Image, @"C:\kinds.exe")]
    [InlineData("loaded", MemoryType.Image, @"C:\windows\system32\winmm.dll")]
    [InlineData("defaultheap", MemoryType.Heap, "Heap ID: 0 (Default)")]
    [InlineData("teb", MemoryType.PrivateData, "Thread Environment Block ID: ")]
    public void It_shows_what_the_program_said(string key, MemoryType type, string details)
    {
        var region = Capture().Find(Address(key)).ShouldNotBeNull();
        region.Type.ShouldBe(type);
        region.Details.ShouldStartWith(details);
    }

    [Fact]
    public void Each_thread_has_its_stack()
    {
        var snapshot = Capture();
        Laws.Check(snapshot).ShouldBeEmpty();
        foreach (var words in _said["stack"].Select(s => s.Split(' ')))
        {
            snapshot.Find(new Address(Convert.ToUInt64(words[1], 16))).ShouldNotBeNull().ShouldSatisfyAllConditions(
                r => r.Type.ShouldBe(MemoryType.Stack), r => r.Details.ShouldBe($"Thread ID: {Convert.ToUInt32(words[0], 16)}"));
        }
        snapshot.Problems.ShouldContain(p => p.Id == "working-set-refused", "Wine refuses it");
    }

    Address Address(string key) => new(Convert.ToUInt64(_said[key].Single().Split(' ')[0], 16));

    static Snapshot Capture()
    {
        using var file = File.OpenRead(Path.Combine(s_samples, "kinds.vmcalls"));
        using var target = WindowsTarget.OfRecording(file, "kinds.vmcalls");
        return new CapturePipeline(target, WindowsAnnotators.All).Capture(TestContext.Current.CancellationToken);
    }
}
