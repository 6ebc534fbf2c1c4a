using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Tests;

/// <summary>Debug information that is compressed, shared, or in a file of its own gives the same frames as when it is in the program.</summary>
public sealed class DebugFileTests
{
    const string Command = "g++ -std=c++17 -O2 -g -gdwarf-4 shapes.cpp";

    static readonly SymbolPath s_nowhere = SymbolPath.Parse("/nonexistent");

    static (string Program, ulong[] Addresses, string[] Frames) Whole()
    {
        Shell.SkipWithout("nm", "objcopy", "strip");
        var program = Flavour.Build(Command);
        var addresses = Symbols.Tests.Frames.AddressesOf(program, 600);
        return (program, addresses, Symbols.Tests.Frames.Ours(program, addresses));
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("zlib-gnu")]
    [InlineData("zstd")]
    public void Compressed_sections(string way)
    {
        var (program, addresses, frames) = Whole();
        using var folder = Flavour.Folder();
        Shell.Run("objcopy", [$"--compress-debug-sections={way}", program, folder["packed"]]);
        new FileInfo(folder["packed"]).Length.ShouldBeLessThan(new FileInfo(program).Length);
        Frames.Ours(folder["packed"], addresses, s_nowhere).ShouldBe(frames);
    }

    [Fact]
    public void A_file_that_a_debuglink_names_beside_the_program()
    {
        var (program, addresses, frames) = Whole();
        using var folder = Flavour.Folder();
        Split(folder, program, keepBuildId: false, "small.debug");
        Frames.Ours(folder["small"], addresses, s_nowhere).ShouldBe(frames);
    }

    [Fact]
    public void A_file_with_another_checksum_is_not_taken()
    {
        var (program, addresses, frames) = Whole();
        using var folder = Flavour.Folder();
        Split(folder, program, keepBuildId: false, "small.debug");
        File.AppendAllText(folder["small.debug"], "x");
        using var store = new SymbolStore(s_nowhere);
        var module = store.Open(new SymbolModule(folder["small"]));
        module.Detail.ShouldBe(SymbolDetail.Exports);
        module.Reason.ShouldNotBeNull().ShouldContain("no debug information");
        Frames.Ours(module, store, addresses).ShouldNotBe(frames);
    }

    [Fact]
    public void A_file_by_build_id_in_a_folder_of_the_search_path()
    {
        var (program, addresses, frames) = Whole();
        using var folder = Flavour.Folder();
        var id = Split(folder, program, keepBuildId: true, null);
        Directory.CreateDirectory(folder[$"syms/.build-id/{id[..2]}"]);
        File.Move(folder["small.debug"], folder[$"syms/.build-id/{id[..2]}/{id[2..]}.debug"]);
        Frames.Ours(folder["small"], addresses, SymbolPath.Parse(folder["syms"])).ShouldBe(frames);
    }

    [Fact]
    public void A_program_that_is_gone_but_whose_build_id_is_known()
    {
        var (program, addresses, frames) = Whole();
        using var folder = Flavour.Folder();
        var id = Split(folder, program, keepBuildId: true, null);
        Directory.CreateDirectory(folder[$"syms/.build-id/{id[..2]}"]);
        File.Move(folder["small.debug"], folder[$"syms/.build-id/{id[..2]}/{id[2..]}.debug"]);
        using var store = new SymbolStore(SymbolPath.Parse(folder["syms"]));
        var module = store.Open(new SymbolModule("/gone/small") { BuildId = id });
        Frames.Ours(module, store, addresses).ShouldBe(frames);
    }

    [Fact]
    public void Files_of_a_container_are_found_below_its_root_and_links_do_not_lead_out_of_it()
    {
        var (program, addresses, frames) = Whole();
        using var folder = Flavour.Folder();
        Split(folder, program, keepBuildId: false, "small.debug");
        Directory.CreateDirectory(folder["root/opt"]);
        File.Move(folder["small"], folder["root/opt/small"]);
        // Inside of the container this absolute link leads to a file of the container.
        File.Move(folder["small.debug"], folder["root/real.debug"]);
        File.CreateSymbolicLink(folder["root/opt/small.debug"], "/real.debug");
        using var store = new SymbolStore(s_nowhere);
        var module = store.Open(new SymbolModule("/opt/small") { Root = folder["root"] });
        Frames.Ours(module, store, addresses).ShouldBe(frames);
        store.Open(new SymbolModule("/../../../../../../etc/passwd") { Root = folder["root"] }).Reason.ShouldNotBeNull().ShouldContain("can not be opened");
    }

    [Fact]
    public void Names_of_a_stripped_program_from_its_compressed_small_table()
    {
        var (program, addresses, frames) = Whole();
        Shell.SkipWithout("xz");
        using var folder = Flavour.Folder();
        Shell.Run("objcopy", ["--strip-debug", program, folder["mini"]]);
        Shell.Run("xz", ["-k", folder["mini"]]);
        Shell.Run("strip", [program, "-o", folder["small"]]);
        Shell.Run("objcopy", ["--add-section", $".gnu_debugdata={folder["mini.xz"]}", folder["small"]]);
        using var store = new SymbolStore(s_nowhere);
        var module = store.Open(new SymbolModule(folder["small"]));
        var names = Frames.Ours(module, store, addresses);
        for (var i = 0; i < names.Length; i++)
            frames[i].Split('\n')[^1].Split(" at ")[0].Trim().ShouldBe(names[i]);
    }

    [Fact]
    public void What_dwz_took_out_within_a_file()
    {
        var (program, addresses, frames) = Whole();
        Shell.SkipWithout("dwz");
        using var folder = Flavour.Folder();
        Shell.Run("dwz", [folder.Copy(program, "small")]);
        Frames.Ours(folder["small"], addresses, s_nowhere).ShouldBe(frames);
    }

    [Fact]
    public void What_dwz_moved_to_a_file_that_several_programs_share()
    {
        var (program, addresses, frames) = Whole();
        Shell.SkipWithout("dwz");
        using var folder = Flavour.Folder();
        var other = folder.Copy(Flavour.Build("g++ -std=c++17 -O1 -g -gdwarf-4 shapes.cpp"), "other");
        Shell.Run("dwz", ["-m", folder["common"], "-M", "common", folder.Copy(program, "small"), other]);
        Shell.Run("readelf", ["-SW", folder["small"]]).ShouldContain(".gnu_debugaltlink");
        Frames.Ours(folder["small"], addresses, s_nowhere).ShouldBe(frames);
        File.Delete(folder["common"]);
        using var store = new SymbolStore(s_nowhere);
        store.Open(new SymbolModule(folder["small"])).Reason.ShouldNotBeNull().ShouldContain("common");
    }

    [Fact]
    public void Split_debug_information_still_gives_functions_and_lines()
    {
        Shell.SkipWithout("nm", "clang++");
        var program = Flavour.Build("clang++ -std=c++17 -O2 -g -gsplit-dwarf -fno-split-dwarf-inlining shapes.cpp");
        var addresses = Frames.AddressesOf(program);
        var ours = Frames.Ours(program, addresses);
        ours.Count(f => f.Contains("shapes.cpp:", StringComparison.Ordinal)).ShouldBeGreaterThan(20);
        ours.ShouldContain(f => f.StartsWith("plain_c_name at ", StringComparison.Ordinal));
        using var store = new SymbolStore(s_nowhere);
        var module = store.Open(new SymbolModule(program));
        module.Resolve(addresses, AddressKind.Exact);
        module.Reason.ShouldNotBeNull().ShouldContain(".dwo");
    }

    [Theory]
    [InlineData("/dev/null", "no ELF")]
    [InlineData("/nonexistent/file", "can not be opened")]
    [InlineData("/proc", "no ELF")]
    public void What_can_not_be_read_says_why(string path, string why)
    {
        using var store = new SymbolStore(s_nowhere);
        var module = store.Open(new SymbolModule(path));
        module.Detail.ShouldBe(SymbolDetail.None);
        module.Reason.ShouldNotBeNull().ShouldContain(why);
        module.Resolve([0x1000, ulong.MaxValue, 0], AddressKind.Return).FrameCount.ShouldBe(0);
    }

    [Fact]
    public void A_big_endian_object_is_refused_in_a_sentence()
    {
        var bytes = File.ReadAllBytes("/proc/self/exe");
        bytes[5] = 2;
        using var store = new SymbolStore(s_nowhere);
        store.Open(new SymbolModule("/big") { Open = () => new MemoryBytes(bytes) }).Reason.ShouldBe("/big is a big-endian ELF object, which is not supported");
    }

    [Fact]
    public void Another_build_than_the_one_that_runs_is_not_taken()
    {
        Shell.SkipWithout("g++");
        using var store = new SymbolStore(s_nowhere);
        var module = store.Open(new SymbolModule(Flavour.Build(Command)) { BuildId = "00112233445566778899aabbccddeeff00112233" });
        module.Reason.ShouldNotBeNull().ShouldContain("another build");
        module.Detail.ShouldBe(SymbolDetail.None);
    }

    /// <summary>Makes "small", stripped, and "small.debug". Returns the build id.</summary>
    static string Split(TemporaryFolder folder, string program, bool keepBuildId, string? link)
    {
        var source = folder["source"];
        if (keepBuildId)
            File.Copy(program, source);
        else
            Shell.Run("objcopy", ["--remove-section=.note.gnu.build-id", program, source]);
        Shell.Run("objcopy", ["--only-keep-debug", source, folder["small.debug"]]);
        Shell.Run("strip", [source, "-o", folder["small"]]);
        if (link is not null)
            Shell.Run("objcopy", [$"--add-gnu-debuglink={folder[link]}", folder["small"]]);
        using var store = new SymbolStore(s_nowhere);
        return store.Open(new SymbolModule(program)).BuildId.ShouldNotBeNull();
    }
}
