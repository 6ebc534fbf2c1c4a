using VmAtlas.Model;

namespace VmAtlas.Capture;

/// <summary>The few mappings that have a name, among the many that have none: looked for once, not by every annotator.</summary>
public sealed class MappingIndex
{
    readonly int[] _files, _named;

    public MappingIndex(BlockTable mappings)
    {
        var (files, named) = (0, 0);
        var inodes = mappings.Inodes;
        var names = mappings.Names;
        for (var i = 0; i < inodes.Length; i++)
        {
            if (inodes[i] != 0)
                files++;
            else if (names[i] != 0)
                named++;
        }
        (_files, _named) = (new int[files], new int[named]);
        (files, named) = (0, 0);
        for (var i = 0; i < inodes.Length; i++)
        {
            if (inodes[i] != 0)
                _files[files++] = i;
            else if (names[i] != 0)
                _named[named++] = i;
        }
    }

    /// <summary>Numbers of the mappings of files, ascending.</summary>
    public ReadOnlySpan<int> Files => _files;

    /// <summary>Numbers of the mappings without a file that have a name of the kernel's or the program's ("[heap]", "[anon:…]"), ascending.</summary>
    public ReadOnlySpan<int> Named => _named;
}
