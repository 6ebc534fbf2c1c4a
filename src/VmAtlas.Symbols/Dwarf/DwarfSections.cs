using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Symbols.Dwarf;

/// <summary>The debug sections of one file, each opened when it is first needed. One that is not there is empty.</summary>
sealed class DwarfSections(ElfFile elf)
{
    readonly Dictionary<string, SectionData> _sections = [];
    readonly Lock _lock = new();

    public SectionData Info => Get(".debug_info");

    public SectionData Abbrev => Get(".debug_abbrev");

    public SectionData Aranges => Get(".debug_aranges");

    public SectionData Ranges => Get(".debug_ranges");

    public SectionData RangeLists => Get(".debug_rnglists");

    public SectionData Line => Get(".debug_line");

    public SectionData LineStrings => Get(".debug_line_str");

    public SectionData Strings => Get(".debug_str");

    public SectionData StringOffsets => Get(".debug_str_offsets");

    public SectionData Addresses => Get(".debug_addr");

    public static bool AreIn(ElfFile elf) => elf.Find(".debug_info") is not null || elf.Find(".zdebug_info") is not null;

    SectionData Get(string name)
    {
        lock (_lock)
        {
            if (!_sections.TryGetValue(name, out var data))
                _sections.Add(name, data = Open(name));
            return data;
        }
    }

    SectionData Open(string name) => (elf.Find(name) ?? elf.Find(".z" + name[1..])) is { } section ? elf.Contents(section) : SectionData.Empty;
}
