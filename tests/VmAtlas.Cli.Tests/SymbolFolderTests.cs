using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests;

/// <summary>Symbols that lie in a folder of one's own are found by option, environment and configuration alike.</summary>
public sealed class SymbolFolderTests : IDisposable
{
    const string Source = "#include <stdlib.h>\nstatic __attribute__((noinline)) void *hidden_maker(unsigned n) { return calloc(1, n); }\nint main(void) { free(hidden_maker(4321)); return 0; }\n";

    readonly SampleFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("option", true)]
    [InlineData("environment", true)]
    [InlineData("configuration", true)]
    [InlineData("nothing", false)]
    public void A_stripped_program_is_named(string way, bool named)
    {
        if (!File.Exists("/usr/bin/objcopy"))
            Assert.Skip("binutils is not installed");
        var (program, folder) = (_files.Path("stripped"), Directory.CreateDirectory(_files.Path("debug")).FullName);
        File.WriteAllText(program + ".c", Source);
        Tool.Output("gcc", "-g", "-O1", "-fno-builtin", "-o", program, program + ".c");
        Tool.Output("objcopy", "--only-keep-debug", program, Path.Combine(folder, "stripped.debug"));
        Tool.Output("objcopy", "--strip-all", $"--add-gnu-debuglink={folder}/stripped.debug", program);
        var configuration = Directory.CreateDirectory(_files.Path("config/vmatlas")).FullName;
        if (way == "configuration")
            File.WriteAllText(Path.Combine(configuration, "symbols"), $"# mine\n/no/such/folder\n{folder}\n");
        var trace = _files.Path("named.vmatlas");
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "vmatlas"),
            ["trace", .. way == "option" ? (string[])["--symbols", $"/no/such/folder:{folder}"] : [], "-o", trace, "--", program])
        {
            RedirectStandardError = true, RedirectStandardOutput = true,
        };
        start.Environment["XDG_CONFIG_HOME"] = _files.Path("config");
        if (way == "environment")
            start.Environment["VMATLAS_SYMBOLS"] = folder;
        using (var process = Process.Start(start)!)
        {
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            process.ExitCode.ShouldBe(0);
        }
        var sites = CommandRun.Of("sites", trace, "--json").Worked().Out;
        sites.Contains("\"function\":\"hidden_maker\"", StringComparison.Ordinal).ShouldBe(named, sites);
        sites.Contains("stripped.c\",\"line\":2", StringComparison.Ordinal).ShouldBe(named);
    }
}
