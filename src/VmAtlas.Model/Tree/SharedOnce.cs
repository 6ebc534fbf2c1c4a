using System.Runtime.InteropServices;

namespace VmAtlas.Model;

/// <summary>Shared resident pages of several processes, each thing counted once.</summary>
static class SharedOnce
{
    /// <summary>A file or shared memory by its inode, else a range that fork handed on by its start.</summary>
    readonly record struct Thing(uint Device, ulong Inode, ulong Place);

    /// <summary>Bytes by type. A thing that is of different types in different processes counts for the type of the process that has most of it.</summary>
    public static ulong[] Of(IReadOnlyList<Snapshot> snapshots)
    {
        var largest = new Dictionary<Thing, (ulong Bytes, MemoryType Type)>();
        foreach (var snapshot in snapshots)
        {
            foreach (var (thing, mine) in Things(snapshot))
            {
                ref var most = ref CollectionsMarshal.GetValueRefOrAddDefault(largest, thing, out _);
                if (mine.Bytes > most.Bytes)
                    most = mine;
            }
        }
        var byType = new ulong[MemoryTypes.Count];
        foreach (var (bytes, type) in largest.Values)
            byType[(int)type] += bytes;
        return byType;
    }

    static Dictionary<Thing, (ulong Bytes, MemoryType Type)> Things(Snapshot snapshot)
    {
        var (blocks, things) = (snapshot.Blocks, new Dictionary<Thing, (ulong, MemoryType)>());
        var shared = blocks.Column(Measure.SharedWs);
        for (var i = 0; i < shared.Length; i++)
        {
            if (shared[i] == 0)
                continue;
            // Parts of a file are told apart by their offset, so that the code of a library and its data are two things.
            var thing = blocks.Inodes[i] != 0
                ? new Thing(blocks.Devices[i], blocks.Inodes[i], blocks.Offsets[i])
                : new Thing(0, 0, blocks.Starts[i]);
            ref var sum = ref CollectionsMarshal.GetValueRefOrAddDefault(things, thing, out _);
            sum = (sum.Item1 + shared[i], snapshot.Regions.Types[blocks.Regions[i]]);
        }
        return things;
    }
}
