using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Cli.Tests.Docs;

/// <summary>The two commands at the root, in a copy of the repository where nothing is built, on a PATH that has only what is put there.</summary>
public sealed class LauncherTests : IDisposable
{
    const string Needed = "bash readlink dirname find mktemp uname touch rm mkdir id cat tr sed grep tail flock env";

    readonly SampleFiles _files = new();
    readonly string _bin, _root;

    public LauncherTests()
    {
        _bin = Directory.CreateDirectory(_files.Path("bin")).FullName;
        _root = Directory.CreateDirectory(_files.Path("root")).FullName;
        Directory.CreateDirectory(Path.Combine(_root, "tests"));
        Directory.CreateDirectory(Path.Combine(_root, "src"));
        foreach (var file in (string[])["vmatlas", "test", "global.json", "tests/packages.txt"])
            File.Copy(Path.Combine(Repository.Root, file), Path.Combine(_root, file));
        foreach (var program in Needed.Split(' '))
            File.CreateSymbolicLink(Path.Combine(_bin, program), RealProgram.Find(program) ?? throw new InvalidOperationException($"no {program} on the PATH"));
    }

    public void Dispose() => _files.Dispose();

    [Fact]
    public void Without_an_sdk_the_tool_says_where_to_get_it() =>
        Run("vmatlas", "ps").ShouldBe((1, "", "vmatlas: it is built from source and needs the .NET 10 SDK, which is not on the PATH: see https://dotnet.microsoft.com/download\n"));

    [Fact]
    public void With_an_old_sdk_the_tool_says_which_it_needs()
    {
        Pretend("dotnet", "exit 145"); // what dotnet answers where global.json asks for a newer one
        Run("vmatlas", "ps").ShouldBe((1, "", "vmatlas: the .NET SDK here is too old, .NET 10 is needed: see https://dotnet.microsoft.com/download\n"));
    }

    [Fact]
    public void A_build_that_fails_shows_why()
    {
        Pretend("dotnet", "[ \"$1\" = --version ] || { echo 'Program.cs(1,1): error CS1002'; exit 1; }");
        Run("vmatlas", "ps").ShouldBe((1, "", "Program.cs(1,1): error CS1002\nvmatlas: the build failed\n"));
    }

    [Fact]
    public void Without_an_sdk_the_tests_say_where_to_get_it() =>
        Run("test").ShouldBe((1, "0 passed, 1 failed, 0 skipped\n", "test: the .NET 10 SDK is not on the PATH: see https://dotnet.microsoft.com/download\n"));

    [Fact]
    public void Without_a_compiler_the_tests_say_what_to_install()
    {
        Pretend("dotnet", "exit 0");
        Run("test").ShouldBe((1, "0 passed, 1 failed, 0 skipped\n", "test: a C compiler is needed to build the test targets: apt-get install gcc libc6-dev make\n"));
        Pretend("cc", "exit 0");
        Run("test").ShouldBe((1, "0 passed, 1 failed, 0 skipped\n", "test: make is needed to build the test targets: apt-get install make\n"));
    }

    void Pretend(string program, string script)
    {
        File.WriteAllText(Path.Combine(_bin, program), $"#!/bin/bash\n{script}\n");
        Tool.Output("chmod", "u+x", Path.Combine(_bin, program));
    }

    (int ExitCode, string Out, string Error) Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(_root, command), arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["PATH"] = _bin },
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
