using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Tracing.Tests;

/// <summary>Each recorded stack is unwound again by libunwind, inside the target, and compared frame by frame.</summary>
public sealed class UnwindTests
{
    static readonly Lazy<string> s_agent = new(() =>
    {
        if (!File.Exists("/usr/include/x86_64-linux-gnu/libunwind.h"))
            Assert.Skip("libunwind-dev is not installed");
        var folder = Path.Combine(Repository.Root, "artifacts/agent");
        using var make = Process.Start("make", ["-s", "-C", Path.Combine(Repository.Root, "src/VmAtlas.Agent"), "checked", $"out={folder}"]);
        make.WaitForExit();
        make.ExitCode.ShouldBe(0);
        return Path.Combine(folder, "libvmatlas-agent-checked.so");
    });

    [Theory]
    [InlineData(200, "trace_churn", "4", "20", "2000", "1")]
    [InlineData(200, "trace_churn", "1", "50", "2000", "3", "1")]
    [InlineData(900, "trace_unwind_zoo")]
    [InlineData(100, "git", "log", "--stat", "-5", "-C")]
    [InlineData(100, "sqlite3", ":memory:", "create table t(a, b); insert into t values(1, 'x'), (2, 'y'); select count(*), group_concat(b) from t group by a;")]
    [InlineData(1000, "/usr/bin/python3", "-c", "import json; print(json.dumps([{'a': list(range(9))}] * 9))")]
    [InlineData(10000, "/usr/bin/g++", "-x", "c++", "-O1", "-fsyntax-only", "-include", "vector", "/dev/null")]
    [InlineData(5000, "/usr/bin/dotnet", "--version")]
    public void Stacks_equal_libunwinds(int atLeast, string program, params string[] arguments)
    {
        var facts = Path.GetTempFileName();
        var path = program.StartsWith("trace_", StringComparison.Ordinal) ? Path.Combine(Repository.Targets, program) : program;
        var options = new TraceOptions
        {
            Agent = s_agent.Value,
            FollowChildren = program.EndsWith("g++", StringComparison.Ordinal),
            Variables = new Dictionary<string, string> { ["VMATLAS_CHECK"] = facts, ["PYTHONMALLOC"] = "malloc" },
        };
        TraceRun.Of(options, path, arguments);
        var (equal, different) = (0L, "");
        foreach (var line in File.ReadLines(facts))
        {
            var words = line.Split(' ');
            equal += long.Parse(words[1]);
            if (words.Where((_, i) => i is 3 or 5 or 7).Any(n => n != "0"))
                different += line + "\n";
        }
        File.Delete(facts);
        equal.ShouldBeGreaterThan(atLeast);
        different.ShouldBeEmpty();
    }

    [Fact]
    public void The_hard_cases_have_their_functions_on_the_stack()
    {
        var run = TraceRun.Of("unwind_zoo");
        run.Said.ShouldContain("done");
        var symbols = SymbolList.Of(TraceRun.Target("unwind_zoo"));
        var program = run.Program;
        foreach (var (size, function) in new (ulong, string)[]
        {
            (101, "with_alloca"), (102, "with_alignment"), (103, "with_rbp_as_data"), (104, "compare"), (106, "jumps"), (107, "on_signal"), (108, "recurse"),
            (109, "coroutine"), (110, "run_coroutine"), (111, "through_compiled_code"), (113, "main"),
        })
        {
            var blocks = program.Kept.Where(e => e.Size == size && e.Operation == Model.TraceOperation.Allocate).ToList();
            blocks.ShouldNotBeEmpty($"{size}");
            foreach (var block in blocks)
                program.Stack(block.Site).Select(n => n.Module < 0 ? "" : symbols.NameAt(n.Pc - 1 - program.Modules[n.Module].Bias)).ShouldContain(n => n == function || n == function + ".cold", $"{size}: {function}");
        }
        program.Kept.Where(e => e.Size == 108).Max(e => program.Stack(e.Site).Count).ShouldBe(4096, "deeper stacks are cut");
    }
}
