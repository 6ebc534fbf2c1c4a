using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Names that were missing when a trace was taken, looked up when its file is read.</summary>
public sealed class LaterNamesTests : IDisposable
{
    const string Source = """
        #include <stdlib.h>
        #include <poll.h>
        static void *volatile g_kept;
        static __attribute__((noinline)) void hidden_maker(unsigned n) { g_kept = calloc(1, n); }
        int main(void) { hidden_maker(4321); poll(0, 0, 700); return 0; }

        """;

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Every_verb_of_traces_finds_them_in_a_folder_of_build_ids()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/objcopy"), "binutils is not installed");
        var (program, trace) = (_files.Path("stripped"), _files.Path("stripped.vmatlas"));
        var folder = MakeStripped(program);
        VmatlasProcess.Run("", "trace", "-o", trace, "--", program).Code.ShouldBe(0);
        File.Delete(program); // only the build id leads anywhere now
        var block = CommandRun.Of("allocations", trace, "--sort", "size", "--top", "1", "--json").Json()[0].GetProperty("address").GetString()!;
        foreach (var command in (string[][])
        [
            ["sites", trace], ["calltree", trace], ["allocations", trace, "--at", block], ["leaks", trace], ["events", trace], ["at", trace, block],
            ["show", trace, "--details"], ["flamegraph", trace, "-o", "-"],
        ])
        {
            CommandRun.Of(command).Worked().Out.ShouldNotContain("hidden_maker", Case.Sensitive, command[0]);
            CommandRun.Of([.. command, "--symbols", $"/no/such/folder:{folder}"]).Worked().Out.ShouldContain("hidden_maker", Case.Sensitive, command[0]);
        }
        CommandRun.Of("sites", trace, "--json", "--symbols", folder).Worked().Out.ShouldContain("stripped.c\",\"line\":4");
        CommandRun.In(name => name == "VMATLAS_SYMBOLS" ? folder : null, null, "sites", trace).Worked().Out.ShouldContain("hidden_maker");
    }

    [Fact]
    public void A_debug_file_of_another_build_is_not_believed()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/objcopy"), "binutils is not installed");
        var (program, trace) = (_files.Path("stripped"), _files.Path("stripped.vmatlas"));
        var folder = MakeStripped(program);
        VmatlasProcess.Run("", "trace", "-o", trace, "--", program).Code.ShouldBe(0);
        File.Delete(program);
        var right = Directory.GetFiles(folder, "*.debug", SearchOption.AllDirectories).Single();
        Tool.Output("gcc", "-g", "-O0", "-fno-builtin", "-o", right, program + ".c");
        CommandRun.Of("sites", trace, "--symbols", folder).Worked().Out.ShouldNotContain("hidden_maker");
    }

    /// <summary>A program without symbols, and the folder with those it had.</summary>
    string MakeStripped(string program)
    {
        var debug = program + ".debug";
        File.WriteAllText(program + ".c", Source);
        Tool.Output("gcc", "-g", "-O1", "-fno-builtin", "-Wl,--build-id=sha1", "-o", program, program + ".c");
        Tool.Output("objcopy", "--only-keep-debug", program, debug);
        var id = Tool.Output("readelf", "-n", program).Split('\n').Single(l => l.Contains("Build ID: ", StringComparison.Ordinal)).Split(' ')[^1];
        Tool.Output("strip", "--strip-all", program);
        var folder = _files.Path("symbols");
        var named = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, ".build-id", id[..2])).FullName, id[2..] + ".debug");
        File.Move(debug, named);
        return folder;
    }
}
