using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Symbols.Search;

/// <summary>An open object file.</summary>
sealed record FoundFile(string Path, IFileBytes Bytes, ElfFile Elf) : IDisposable
{
    public void Dispose() => Bytes.Dispose();
}

/// <summary>Finds the files that belong to a module: the one with its debug information, and the one that dwz moved common parts to.</summary>
sealed class DebugFiles(SymbolPath path, SymbolModule module) : IDisposable
{
    readonly RootedFiles _target = new(module.Root);
    readonly RootedFiles _here = new(null);

    /// <summary>The module itself.</summary>
    /// <param name="reason">Why it can not be used: a clause after its path.</param>
    public FoundFile? OpenModule(out string? reason)
    {
        var bytes = module.Open?.Invoke() ?? _target.TryOpen(module.Path);
        reason = "can not be opened";
        return bytes is null ? null : TryRead(module.Path, bytes, module.BuildId, out reason);
    }

    /// <summary>The file with the debug information of an object that has none itself.</summary>
    /// <param name="elf">Null where the module itself is gone; then the build id has to do.</param>
    public FoundFile? FindDebug(ElfFile? elf)
    {
        if ((module.BuildId ?? elf?.BuildId) is { } id && ByBuildId(id) is { } found)
            return found;
        return elf is not null && DebugLink.Plain(elf) is { } link ? ByLink(link, elf.BuildId) : null;
    }

    /// <summary>The file that dwz made, which several objects share.</summary>
    public FoundFile? FindAlternate(FoundFile file)
    {
        if (DebugLink.Alternate(file.Elf) is not { } link)
            return null;
        if (ByBuildId(link.BuildId!) is { } found)
            return found;
        var name = link.Name.StartsWith('/') ? link.Name : Path.Combine(Path.GetDirectoryName(file.Path) ?? "/", link.Name);
        return First([name], link.BuildId, null);
    }

    FoundFile? ByBuildId(string id) => id.Length < 4 || id.Length > 128 ? null
        : First(path.Folders.Select(f => $"{f}/.build-id/{id[..2]}/{id[2..]}.debug").Concat(path.Folders.Select(f => $"{f}{module.Path}.debug"))
            .Concat(path.Folders.Select(f => $"{f}/{Path.GetFileName(module.Path)}")), id, null);

    FoundFile? ByLink(DebugLink link, string? buildId)
    {
        var folder = Path.GetDirectoryName(module.Path) ?? "/";
        var names = new List<string> { $"{folder}/{link.Name}", $"{folder}/.debug/{link.Name}" };
        foreach (var f in path.Folders)
            names.AddRange([$"{f}{folder}/{link.Name}", $"{f}/{link.Name}"]);
        return First(names.Where(n => n != module.Path), buildId, link.Crc);
    }

    /// <summary>The first of some paths that leads to the right file: in the target's files, then in ours.</summary>
    FoundFile? First(IEnumerable<string> paths, string? buildId, uint? crc)
    {
        foreach (var path in paths)
        {
            foreach (var files in module.Root is null ? (ReadOnlySpan<RootedFiles>)[_here] : [_target, _here])
            {
                if (files.TryOpen(path) is { } bytes && TryRead(path, bytes, buildId, out _) is { } file)
                {
                    // A build id that both have says more than a checksum, and costs nothing.
                    if (buildId is not null && file.Elf.BuildId is not null || crc is null || Crc32.Of(bytes) == crc)
                        return file;
                    file.Dispose();
                }
            }
        }
        return null;
    }

    static FoundFile? TryRead(string path, IFileBytes bytes, string? buildId, out string? reason)
    {
        if (ElfFile.TryRead(bytes, out reason) is { } elf)
        {
            if (buildId is null || elf.BuildId is null || buildId == elf.BuildId)
                return new FoundFile(path, bytes, elf);
            reason = "is another build than the one that runs";
        }
        bytes.Dispose();
        return null;
    }

    public void Dispose()
    {
        _target.Dispose();
        _here.Dispose();
    }
}
