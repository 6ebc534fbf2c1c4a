using VmAtlas.Capture.Clr.Detection;
using VmAtlas.Capture.Clr.Helper.Dac;

namespace VmAtlas.Capture.Clr.Tests;

public sealed class TrustTests : IDisposable
{
    static readonly string s_runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary>Below the repository, because what is below /tmp can be written by everybody and is never trusted.</summary>
    readonly string _folder = Directory.CreateDirectory(Path.Combine(Repository.Root, "artifacts", $"trust-{Environment.ProcessId}-{Guid.NewGuid():n}")).FullName;

    [Fact]
    public void What_only_we_can_write_is_trusted_and_links_are_followed()
    {
        Assert.SkipWhen(TrustedPath.Resolve(Make("plain")) is null, "a folder above the repository can be written by others");
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), Path.Combine(_folder, "plain"));
        TrustedPath.Resolve(Path.Combine(_folder, "link")).ShouldBe(Path.Combine(_folder, "plain"));
    }

    [Fact]
    public void A_file_others_can_write_is_not_trusted()
    {
        File.SetUnixFileMode(Make("open"), (UnixFileMode)0b110_100_110);
        TrustedPath.Resolve(Path.Combine(_folder, "open")).ShouldBeNull();
    }

    [Fact]
    public void A_file_in_a_folder_others_can_write_is_not_trusted()
    {
        Make("plain");
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_101_111);
        TrustedPath.Resolve(Path.Combine(_folder, "plain")).ShouldBeNull();
    }

    [Fact]
    public void A_link_to_where_others_can_write_is_not_trusted()
    {
        var elsewhere = Path.GetTempFileName();
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), elsewhere);
        TrustedPath.Resolve(Path.Combine(_folder, "link")).ShouldBeNull();
        File.Delete(elsewhere);
    }

    [Fact]
    public void Folders_and_what_is_not_there_are_no_files()
    {
        TrustedPath.Resolve(_folder).ShouldBeNull();
        TrustedPath.Resolve(Path.Combine(_folder, "nothing")).ShouldBeNull();
    }

    [Fact]
    public void A_library_is_found_by_the_build_of_the_runtime_beside_it_and_by_nothing_else()
    {
        var store = DacStore.OfThisMachine();
        var own = BuildId("libcoreclr.so").ShouldNotBeNull();
        var found = store.Find(new RuntimeIdentity(own, null)).ShouldNotBeNull();
        Path.GetFileName(found.Path).ShouldBe("libmscordaccore.so");
        found.Version.ShouldBe(Environment.Version.ToString());
        store.Find(new RuntimeIdentity(null, BuildId("libmscordaccore.so"))).ShouldNotBeNull("a runtime in a program names its library");
        store.Find(new RuntimeIdentity(new string('0', 40), null)).ShouldBeNull();
        store.Find(new RuntimeIdentity(null, null)).ShouldBeNull();
        store.Find(new RuntimeIdentity(own, new string('0', 40))).ShouldBeNull("the library it names counts");
    }

    [Fact]
    public void Libraries_where_others_can_write_are_passed_over()
    {
        foreach (var name in (string[])["libcoreclr.so", "libmscordaccore.so"])
            File.Copy(Path.Combine(s_runtime, name), Path.Combine(_folder, name));
        var store = new DacStore([_folder]);
        var identity = new RuntimeIdentity(BuildId("libcoreclr.so"), null);
        Assert.SkipWhen(store.Find(identity) is null, "a folder above the repository can be written by others");
        File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_111);
        store.Find(identity).ShouldBeNull();
    }

    [Fact]
    public void A_damaged_module_says_nothing_and_costs_nothing()
    {
        var good = File.ReadAllBytes(Path.Combine(s_runtime, "libmscordaccore.so"));
        var random = new Random(7);
        for (var i = 0; i < 300; i++)
        {
            var bad = good.AsSpan(0, 1 << 16).ToArray();
            for (var n = 0; n < 40; n++)
                bad[random.Next(4096)] = (byte)random.Next(256);
            bad.AsSpan(0, 6).Clear();
            "\u007fELF\u0002\u0001"u8.CopyTo(bad);
            var module = ElfModule.TryOpen((at, into) => Read(bad, at, into), 0);
            _ = module?.ReadBuildId();
            _ = module?.FindExport("DotNetRuntimeInfo");
        }

        static int Read(byte[] from, ulong at, Span<byte> into)
        {
            if (at >= (ulong)from.Length)
                return 0;
            var n = Math.Min(into.Length, from.Length - (int)at);
            from.AsSpan((int)at, n).CopyTo(into);
            return n;
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    string Make(string name)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, "");
        File.SetUnixFileMode(path, (UnixFileMode)0b110_100_100);
        return path;
    }

    static string? BuildId(string name)
    {
        using var file = File.OpenHandle(Path.Combine(s_runtime, name));
        return ElfModule.TryOpen((at, into) => RandomAccess.Read(file, into, (long)at), 0)?.ReadBuildId();
    }
}
