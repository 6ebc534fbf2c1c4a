using System.Text.Json;
using VmAtlas.Testing;

namespace VmAtlas.Web.Tests;

/// <summary>Objects of .NET programs traced by the page's calls, against what the program of the tests makes.</summary>
public sealed class ManagedTraceTests : IAsyncLifetime
{
    static readonly string s_target = Path.Combine(Repository.Root, "artifacts/bin/ClrTarget/debug/clrtarget");

    readonly RunningServer _running = new();

    public ValueTask InitializeAsync() => _running.InitializeAsync();

    public ValueTask DisposeAsync() => _running.DisposeAsync();

    [Fact]
    public async Task A_launched_program_tells_its_objects_from_the_first_on()
    {
        // Its input is at its end, so it ends when all its objects are made.
        await Post("/api/launch", new { program = "/bin/sh", arguments = new[] { "-c", $"exec {s_target} >/dev/null" }, trace = new { managed = true } });
        await Until(async () => (await Traces()) is [var trace] && trace.TryGetProperty("ending", out _));
        var told = (await Traces())[0];
        told.GetProperty("ending").GetString().ShouldBe("exited");
        told.GetProperty("onlyTotals").GetBoolean().ShouldBeTrue();
        told.GetProperty("totalBytes").GetInt64().ShouldBeInRange(10 << 20, 100 << 20);
        var tree = await Tree();
        tree.Has("liveBytes").ShouldBeFalse("what nobody tells is not zero");
        // Ten arrays of a MiB, each so large that it is a sample but for e⁻¹⁰.
        Total(tree, "ClrTarget.Program.MakeEveryGeneration").ShouldBeGreaterThan(9 << 20);
        Enumerable.Range(0, tree.Rows).ShouldNotContain(i => tree.Text("label", i).StartsWith("0x", StringComparison.Ordinal) && tree.Text("module", i).Length > 0);
    }

    [Fact]
    public async Task A_shell_starts_a_runtime_that_is_met_after_the_trace_was_stopped()
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-test-");
        try
        {
            var (begin, said) = (Path.Combine(folder.FullName, "begin"), Path.Combine(folder.FullName, "said"));
            var script = $"until [ -e {begin} ]; do sleep 0.05; done; {s_target} >{said}; echo ended >>{said}";
            await Post("/api/launch", new { program = "/bin/sh", arguments = new[] { "-c", script }, trace = new { managed = true } });
            await Post("/api/sessions/1/trace/stop", new { });
            await File.WriteAllTextAsync(begin, "", TestContext.Current.CancellationToken);
            await Until(() => Task.FromResult(File.Exists(said) && File.ReadAllText(said).EndsWith("ended\n", StringComparison.Ordinal)));
            (await Traces()).ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_running_process_is_asked_and_left_alone_and_its_names_come_at_the_end()
    {
        using var target = TestTarget.StartOrphan(s_target, "alloc");
        await Post("/api/open", new { pid = target.Pid });
        for (var i = 0; i < 2; i++)
        {
            var session = await Post("/api/sessions/1/trace", new { managed = true });
            session.TryGetProperty("stopped", out _).ShouldBeFalse("no thread stood still");
            await Until(async () => (await Traces()) is { Length: var n } all && n == i + 1 && all[i].GetProperty("totalBytes").GetInt64() > 1 << 20);
            await Tree(i); // looked at while names are missing
            await Post("/api/sessions/1/trace/stop", new { });
            (await Traces())[i].GetProperty("ending").GetString().ShouldBe("detached");
            Total(await Tree(i), "ClrTarget.Program+<>c.<AllocateAtFullSpeed>").ShouldBeGreaterThan(1 << 20);
        }
        Directory.Exists($"/proc/{target.Pid}").ShouldBeTrue();
    }

    [Fact]
    public async Task Native_stacks_through_its_methods_are_named_when_the_trace_ends()
    {
        using var target = TestTarget.StartOrphan(s_target);
        await Post("/api/open", new { pid = target.Pid });
        await Post("/api/sessions/1/trace", new { });
        for (var i = 0; i < 10; i++)
        {
            await target.Input.WriteLineAsync("grow 200000");
            await target.Input.FlushAsync(TestContext.Current.CancellationToken);
            await Tree(); // looked at while names are missing
            (await target.Output.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("done");
        }
        await Post("/api/sessions/1/trace/stop", new { });
        var tree = await Tree();
        Enumerable.Range(0, tree.Rows).Select(i => tree.Text("label", i)).ShouldContain("ClrTarget.Program.Obey");
    }

    /// <summary>Of the first row whose label begins so.</summary>
    static double Total(FrameReader tree, string label) =>
        tree.Number("totalBytes", Enumerable.Range(0, tree.Rows).First(i => tree.Text("label", i).StartsWith(label, StringComparison.Ordinal)));

    async Task<FrameReader> Tree(int number = 0)
    {
        var answer = await _running.Send(HttpMethod.Get, $"/api/sessions/1/traces/{number}/calltree");
        return new FrameReader(await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
    }

    async Task<JsonElement[]> Traces()
    {
        var answer = await _running.Send(HttpMethod.Get, "/api/sessions/1/traces");
        return [.. JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.EnumerateArray()];
    }

    async Task<JsonElement> Post(string path, object body)
    {
        var answer = await _running.Send(HttpMethod.Post, path, JsonSerializer.Serialize(body));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return JsonDocument.Parse(text).RootElement;
    }

    static async Task Until(Func<Task<bool>> holds)
    {
        var end = DateTime.UtcNow.AddSeconds(30);
        while (!await holds())
        {
            DateTime.UtcNow.ShouldBeLessThan(end, "what was waited for did not come");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
