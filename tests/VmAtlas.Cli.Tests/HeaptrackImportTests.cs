using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>heaptrack's files as it leaves them.</summary>
public sealed class HeaptrackImportTests : IDisposable
{
    const string Library = "/usr/lib/x86_64-linux-gnu/libzstd.so.1";

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void A_packed_file_of_any_name_is_imported()
    {
        var (packed, saved) = (Packed("run.zst"), _files.Path("run.vmatlas"));
        CommandRun.Of("import", packed, "-o", saved).Worked();
        CommandRun.Of("sites", saved).Worked().Out.ShouldContain("caller");
    }

    [Fact]
    public void Where_the_library_is_missing_one_sentence_says_what_would_help()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/unshare") && File.Exists(Library), "hiding a library takes root, unshare, and a library");
        var packed = Packed("heaptrack.run.zst");
        var hidden = $"mount --bind /dev/null $(readlink -f {Library}) && {Path.Combine(AppContext.BaseDirectory, "vmatlas")} import {packed} -o {_files.Path("x.vmatlas")} 2>&1; true";
        var said = Tool.Output("unshare", "--mount", "sh", "-c", hidden);
        said.ShouldBe($"vmatlas: {packed} is packed with zstd: install libzstd (Debian: libzstd1), or unpack it first (zstd -d {packed})\n");
        File.Exists(_files.Path("x.vmatlas")).ShouldBeFalse();
    }

    string Packed(string name)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/zstd"), "zstd is not installed (Debian package zstd)");
        File.WriteAllText(_files.Path("plain"), "v 10400 3\nX program\ns 6 caller\ni 1000 0 1\nt 1 0\na 10 1\n+ 0\n");
        Tool.Output("zstd", "-q", _files.Path("plain"), "-o", _files.Path(name));
        return _files.Path(name);
    }
}
