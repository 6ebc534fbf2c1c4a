namespace VmAtlas.Model.Tests;

public sealed class WordsTests
{
    [Theory]
    [InlineData("Mapped File", MemoryType.MappedFile)]
    [InlineData("mappedfile", MemoryType.MappedFile)]
    [InlineData("mapped-file", MemoryType.MappedFile)]
    [InlineData("PAGE_TABLE", MemoryType.PageTable)]
    [InlineData("heap", MemoryType.Heap)]
    public void Reads_types_however_they_are_written(string text, MemoryType type)
    {
        MemoryTypes.TryParse(text, out var read).ShouldBeTrue();
        read.ShouldBe(type);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hea")]
    [InlineData("heaps")]
    [InlineData("total")]
    public void Refuses_what_is_no_type(string text) => MemoryTypes.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Every_type_and_measure_reads_its_own_names()
    {
        Enum.GetValues<MemoryType>().Length.ShouldBe(MemoryTypes.Count);
        Enum.GetValues<Measure>().Length.ShouldBe(Measures.Count);
        foreach (var type in Enum.GetValues<MemoryType>())
            (MemoryTypes.TryParse(type.Name(), out var read) && read == type).ShouldBeTrue();
        foreach (var measure in Enum.GetValues<Measure>())
        {
            foreach (var name in (string[])[measure.Title(), measure.JsonName(), .. measure.Aliases()])
                (Measures.TryParse(name, out var read) && read == measure).ShouldBeTrue(name);
        }
        Measures.TryParse("nothing", out _).ShouldBeFalse();
    }

    [Fact]
    public void Only_free_is_not_in_the_total() =>
        Enum.GetValues<MemoryType>().Where(t => !t.CountsInTotal()).ShouldBe([MemoryType.Free]);

    [Theory]
    [InlineData(Protection.Read, "Read", "r--p")]
    [InlineData(Protection.Read | Protection.Write, "Read/Write", "rw-p")]
    [InlineData(Protection.CopyOnWrite | Protection.Read, "Copy on write", "r--p")]
    [InlineData(Protection.Execute | Protection.Read, "Execute/Read", "r-xp")]
    [InlineData(Protection.Execute | Protection.Read | Protection.Write, "Execute/Read/Write", "rwxp")]
    [InlineData(Protection.Execute | Protection.CopyOnWrite, "Execute/Copy on Write", "--xp")]
    [InlineData(Protection.Read | Protection.Write | Protection.Guard, "Read/Write/Guard", "rw-p")]
    [InlineData(Protection.Execute, "Execute", "--xp")]
    [InlineData(Protection.Guard, "No access", "---p")]
    [InlineData(Protection.None, "Reserved", "---p")]
    [InlineData(Protection.Read | Protection.Shared, "Read", "r--s")]
    public void Protections_are_written_as_vmmap_and_as_maps_write_them(Protection protection, string vmmap, string maps)
    {
        protection.ToVmmapText().ShouldBe(vmmap);
        protection.ToMapsText().ShouldBe(maps);
    }

    [Fact]
    public void Flags_round_trip_and_unknown_codes_are_kept()
    {
        VmFlags.ToText(VmFlags.Parse("rd wr mr mw me ac sd")).ShouldBe("rd wr mr mw me ac sd");
        VmFlags.Known.Select(k => k.Code).ShouldBeUnique();
        VmFlags.TryBit("q7", out _).ShouldBeFalse();
        var bit = VmFlags.Bit("q7");
        bit.ShouldBeGreaterThanOrEqualTo(1UL << VmFlags.FirstFreeBit);
        VmFlags.Bit("q7").ShouldBe(bit);
        VmFlags.ToText(bit | VmFlags.Locked).ShouldBe("lo q7");
        VmFlags.ToText(1UL << 63).ShouldBe("bit63");
    }
}
