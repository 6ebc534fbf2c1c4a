using VmAtlas.Model;

namespace VmAtlas.Cli.Targets;

/// <summary>Reads addresses on the command line: hexadecimal, with or without 0x.</summary>
static class AddressArgument
{
    public static Address Parse(string text) => Address.TryParse(text, out var address)
        ? address
        : throw new VmAtlasException(Failure.Usage, $"'{text}' is no address: it is hexadecimal, with or without 0x");

    /// <summary>The region that holds the address.</summary>
    /// <exception cref="VmAtlasException">None does.</exception>
    public static Region Region(Snapshot snapshot, Address address) => snapshot.Find(address)
        ?? throw new VmAtlasException(Failure.NotFound, $"nothing is mapped at {address}: {What(snapshot, address)}");

    /// <summary>What there is where nothing is mapped.</summary>
    public static string What(Snapshot snapshot, Address address)
    {
        var gap = snapshot.Gaps.IndexOf(address);
        return gap < 0 ? "it is outside of the user address space"
            : snapshot.Gaps.Type(gap) == MemoryType.Free ? $"it is in a free hole of {Output.Figures.Short(snapshot.Gaps.Range(gap).Size)}"
            : "it is where nothing can be mapped";
    }
}
