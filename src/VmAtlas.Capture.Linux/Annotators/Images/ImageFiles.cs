using VmAtlas.Symbols.Elf;

namespace VmAtlas.Capture.Linux.Annotators.Images;

/// <summary>The files looked at in one capture, by device and inode.</summary>
sealed class ImageFiles
{
    readonly Dictionary<ulong, ImageFile> _byInode = [];

    public int Count { get; private set; }

    /// <summary>Null when it was not looked at yet.</summary>
    public ImageFile? Find(uint device, ulong inode)
    {
        _byInode.TryGetValue(inode, out var file);
        while (file is not null && file.Device != device)
            file = file.Next;
        return file;
    }

    public ImageFile Add(uint device, ulong inode, ElfFile? elf)
    {
        _byInode.TryGetValue(inode, out var next);
        Count++;
        return _byInode[inode] = new ImageFile { Device = device, Object = elf, Next = next };
    }
}

/// <summary>One of them.</summary>
sealed class ImageFile
{
    public required uint Device { get; init; }

    /// <summary>Null when it is no ELF object.</summary>
    public required ElfFile? Object { get; init; }

    /// <summary>Another file with this inode, on another device.</summary>
    public required ImageFile? Next { get; init; }

    /// <summary>How many instances of it were found.</summary>
    public int Copies { get; set; }
}
