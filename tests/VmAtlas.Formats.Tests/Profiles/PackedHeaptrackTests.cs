using System.Text;
using VmAtlas.Formats.Profiles;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
using VmAtlas.Testing;

namespace VmAtlas.Formats.Tests.Profiles;

/// <summary>heaptrack's files as zstd packs them, whole, damaged, and made to do harm.</summary>
public sealed class PackedHeaptrackTests : IDisposable
{
    const string Head = "v 10400 3\nX program\n", Stack = "s 6 caller\ni 1000 0 1\nt 1 0\na 10 1\n";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Several_frames_are_one_text()
    {
        Pack("a", Head + Stack);
        Pack("b", string.Concat(Enumerable.Repeat("+ 0\n", 100_000)));
        File.WriteAllBytes(_folder.File("both.zst"), [.. File.ReadAllBytes(_folder.File("a.zst")), .. File.ReadAllBytes(_folder.File("b.zst"))]);
        Read("both.zst").Sites.LiveBytes.ShouldBe(16 * 100_000);
    }

    [Fact]
    public void What_is_cut_or_changed_is_refused_and_nothing_worse()
    {
        var random = new Random(7);
        var text = new StringBuilder(Head + Stack);
        for (var i = 0; i < 20_000; i++)
            text.Append(random.Next(3) == 0 ? "- 0\n" : "+ 0\n").Append($"c {i:x}\n");
        Pack("whole", text.ToString());
        var whole = File.ReadAllBytes(_folder.File("whole.zst"));
        for (var i = 0; i < 60; i++)
        {
            File.WriteAllBytes(_folder.File("cut.zst"), whole[..random.Next(5, whole.Length)]);
            Refused("cut.zst").ShouldContain("line ");
            var changed = (byte[])whole.Clone();
            for (var n = 0; n < 8; n++)
                changed[random.Next(4, changed.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(_folder.File("changed.zst"), changed);
            try
            {
                Read("changed.zst");
            }
            catch (VmAtlasException e)
            {
                e.Failure.ShouldBe(Failure.BadFile);
            }
        }
    }

    [Fact]
    public void A_line_without_end_takes_no_memory()
    {
        Pack("line", Head + "s 40000000 " + new string('a', 64 << 20));
        var before = GC.GetTotalAllocatedBytes();
        Refused("line.zst").ShouldContain("longer than 1048576 characters");
        (GC.GetTotalAllocatedBytes() - before).ShouldBeLessThan(32 << 20);
    }

    [Fact]
    public void A_text_far_larger_than_its_file_is_not_read_to_its_end()
    {
        Pack("large", Head + string.Concat(Enumerable.Repeat("\n", 64 << 20)));
        new FileInfo(_folder.File("large.zst")).Length.ShouldBeLessThan(8 << 10);
        Refused("large.zst").ShouldContain("which no file of its size should be");
    }

    [Fact]
    public void A_window_that_would_take_too_much_memory_is_refused()
    {
        File.WriteAllText(_folder.File("wide"), Head + new string('\n', 200 << 20));
        Tool.Output("zstd", "-q", "--ultra", "--long=30", "-f", _folder.File("wide"), "-o", _folder.File("wide.zst"));
        Refused("wide.zst").ShouldContain("damaged");
    }

    TraceStore Read(string name)
    {
        var store = new TraceStore(new TraceProcess(0, 0, "", DateTimeOffset.UnixEpoch, false, 0));
        HeaptrackImport.Read(_folder.File(name), new Once(store));
        return store;
    }

    string Refused(string name)
    {
        var thrown = Should.Throw<VmAtlasException>(() => Read(name));
        thrown.Failure.ShouldBe(Failure.BadFile);
        return thrown.Message;
    }

    void Pack(string name, string text)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zstd"), "zstd is not installed (Debian package zstd)");
        File.WriteAllText(_folder.File(name), text);
        Tool.Output("zstd", "-q", "-f", _folder.File(name), "-o", _folder.File(name + ".zst"));
    }
}
