using System.Diagnostics;

namespace VmAtlas.Symbols.Tests;

/// <summary>Whose perf map is believed: the file lies where anybody can write.</summary>
public sealed class PerfMapFileTests : IDisposable
{
    readonly Process _process = Process.Start(new ProcessStartInfo("/bin/sleep", "60"))!;
    readonly string _path;

    public PerfMapFileTests() => _path = $"/tmp/perf-{_process.Id}.map";

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(_path);
    }

    [Fact]
    public void A_map_of_the_process_is_read_after_its_end_too_and_again_when_it_grew()
    {
        using var file = PerfMapFile.Of(_process.Id).ShouldNotBeNull();
        file.Read().ShouldBeNull();
        File.WriteAllText(_path, "1000 10 first\n");
        file.Read()!.NameAt(0x1008).ShouldBe("first");
        _process.Kill();
        _process.WaitForExit();
        File.AppendAllText(_path, "2000 10 second\n");
        file.Read()!.NameAt(0x2008).ShouldBe("second");
        PerfMapFile.Of(_process.Id).ShouldBeNull("who has ended can not be asked any more");
    }

    [Fact]
    public void A_link_is_not_followed()
    {
        using var file = PerfMapFile.Of(_process.Id).ShouldNotBeNull();
        var other = Path.GetTempFileName();
        File.WriteAllText(other, "1000 10 first\n");
        File.CreateSymbolicLink(_path, other);
        file.Read().ShouldBeNull();
        File.Delete(other);
    }

    [Fact]
    public void A_map_of_another_user_is_not_believed()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give files away");
        using var file = PerfMapFile.Of(_process.Id).ShouldNotBeNull();
        File.WriteAllText(_path, "1000 10 first\n");
        Shell.Run("chown", ["nobody", _path]);
        file.Read().ShouldBeNull();
        Shell.Run("chown", ["root", _path]);
        file.Read().ShouldNotBeNull();
    }

    [Fact]
    public void A_pipe_does_not_keep_us_waiting()
    {
        using var file = PerfMapFile.Of(_process.Id).ShouldNotBeNull();
        Shell.Run("mkfifo", [_path]);
        file.Read().ShouldBeNull();
    }
}
