using System.Globalization;
using VmAtlas.Capture.Linux.Annotators;
using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux;

/// <summary>Names of the target's own code and data.</summary>
public sealed partial class LinuxTarget : IImageSymbols
{
    /// <inheritdoc/>
    public ImagePlace? PlaceInImage(Snapshot snapshot, Address address)
    {
        if (snapshot.Find(address) is not { Type: MemoryType.Image } image || LoadBias(image) is not { } bias)
            return null;
        using var file = OpenFileOf(snapshot, image);
        if (file is null)
            return null;
        if (ElfFile.TryReadMapped(file, wantSections: true) is not { } elf)
            return new ImagePlace(null, null, 0);
        var at = new Address(address.Value - bias);
        var symbol = elf.SymbolAt(at.Value);
        return new ImagePlace(elf.Sections.FirstOrDefault(s => s.Range.Contains(at))?.Name, symbol?.LinkageName, symbol is { } hit ? at.Value - hit.Start : 0);
    }

    static ulong? LoadBias(Region image)
    {
        foreach (var (key, value) in image.Facts)
        {
            if (key == ImageAnnotator.LoadBias && ulong.TryParse(value.AsSpan(2), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var bias))
                return bias;
        }
        return null;
    }

    MappedFile? OpenFileOf(Snapshot snapshot, Region image)
    {
        var blocks = snapshot.Blocks;
        for (var i = image.FirstBlock; i <= image.LastBlock; i++)
        {
            if (blocks.Regions[i] == image.Index && blocks.Inodes[i] != 0 && (blocks.Facts[i] & BlockFlags.StartsMapping) != 0)
                return _files.TryOpen(blocks.Starts[i], EndOfMapping(blocks, i), snapshot.Strings.Utf8(blocks.Names[i]), blocks.Devices[i], blocks.Inodes[i]);
        }
        return null;
    }

    /// <summary>Blocks are cut finer than the mappings, by whose bounds the system knows the file.</summary>
    static ulong EndOfMapping(BlockTable blocks, int first)
    {
        var last = first;
        while (last + 1 < blocks.Count && (blocks.Facts[last + 1] & BlockFlags.StartsMapping) == 0 && blocks.Starts[last + 1] == blocks.Ends[last])
            last++;
        return blocks.Ends[last];
    }
}
