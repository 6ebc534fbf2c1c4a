using VmAtlas.Capture.Linux.Memory;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Proc;

/// <summary>Takes the kernel's " (deleted)" off a name, and marks the row, where the file's link count of zero proves that it is not part of
/// the name. A file of which another name is left, or that can not be looked at (map_files needs rights), keeps the name as it was written.</summary>
sealed class DeletedNames(MappedFiles files)
{
    static ReadOnlySpan<byte> Suffix => " (deleted)"u8;

    public void Resolve(BlockTable mappings, StringTable strings)
    {
        // Made only where it is needed, and anew each time: an inode can be given to another file.
        Dictionary<(uint Device, ulong Inode, int Name), int>? known = null;
        for (var i = 0; i < mappings.Count; i++)
        {
            if (mappings.Inodes[i] == 0 || !strings.Utf8(mappings.Names[i]).EndsWith(Suffix))
                continue;
            var key = (mappings.Devices[i], mappings.Inodes[i], mappings.Names[i]);
            known ??= [];
            if (!known.TryGetValue(key, out var name))
                known.Add(key, name = Look(mappings, strings, i));
            if (name < 0)
                continue;
            mappings.SetName(i, name);
            mappings.SetFacts(i, mappings.Facts[i] | BlockFlags.Deleted);
        }
    }

    /// <summary>The name without the suffix, or -1 when it may be part of the name.</summary>
    int Look(BlockTable mappings, StringTable strings, int row)
    {
        if (!files.TryStat(mappings.Starts[row], mappings.Ends[row], out var facts) || facts.Inode != mappings.Inodes[row] || facts.Links != 0)
            return -1;
        return strings.Intern(strings.Utf8(mappings.Names[row])[..^Suffix.Length].ToArray());
    }
}
