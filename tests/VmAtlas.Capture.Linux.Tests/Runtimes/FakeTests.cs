using System.Diagnostics;
using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Runtimes;

/// <summary>Programs that look like runtimes and are none.</summary>
public sealed class FakeTests : RuntimeTest
{
    /// <summary>A machine under load is slow; a search without end would take for ever.</summary>
    static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Headers_that_are_nearly_right_cost_names_at_most(int seed)
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-fake-");
        try
        {
            // A real library of each name, mapped and never loaded: its words point nowhere. Or one of noise.
            foreach (var name in (string[])["libjvm.so", "libpython3.so", "ntdll.so", "icudtl.dat", "libcoreclr.so"])
                Fill(Path.Combine(folder.FullName, name), seed);
            using var program = TestTarget.Start(Tool("python3"), Source("fake.py"), folder.FullName, seed.ToString());
            var clock = Stopwatch.StartNew();
            Capture(program.Pid); // which checks the laws
            clock.Elapsed.ShouldBeLessThan(s_patience);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_virtual_machine_that_lies_about_its_structures_costs_names_at_most()
    {
        var folder = Directory.CreateTempSubdirectory("vmatlas-fake-");
        try
        {
            var library = Path.Combine(folder.FullName, "libjvm.so");
            Output(Tool("cc"), "-shared", "-fPIC", "-O1", "-o", library, Source("fake_jvm.c"));
            var believed = 0;
            for (var seed = 1; seed <= 25; seed++)
            {
                using var program = TestTarget.Start("/usr/bin/env", $"FAKE_SEED={seed}", Tool("python3"), "-c",
                    $"import ctypes, sys; ctypes.CDLL('{library}'); print('ready', flush=True); sys.stdin.read()");
                var clock = Stopwatch.StartNew();
                believed += Regions(Capture(program.Pid), "Java ").Count(r => !r.Details.StartsWith("Java: other", StringComparison.Ordinal));
                clock.Elapsed.ShouldBeLessThan(s_patience, $"seed {seed}");
            }
            believed.ShouldBeGreaterThan(0, "some lies are plausible: else this tries nothing");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static void Fill(string path, int seed)
    {
        var jvm = Directory.Exists("/usr/lib/jvm") ? Directory.EnumerateFiles("/usr/lib/jvm", "libjvm.so", SearchOption.AllDirectories).FirstOrDefault() : null;
        if (jvm is not null && seed % 2 == 0)
        {
            File.Copy(jvm, path);
            return;
        }
        var noise = new byte[16 << 20];
        new Random(seed).NextBytes(noise);
        "\u007fELF\u0002\u0001"u8.CopyTo(noise);
        File.WriteAllBytes(path, noise);
    }
}
