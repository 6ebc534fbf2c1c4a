using VmAtlas.Model;
using VmAtlas.Symbols;

namespace VmAtlas.Web.Sessions;

/// <summary>Where the names in traces are looked for: the folders the server was started with, and those of the user's list, which may change meanwhile.</summary>
/// <param name="named">Parted by colons.</param>
/// <param name="file">Null where there is no place for a list.</param>
sealed class SymbolSetting(string named, SymbolsFile? file)
{
    public IReadOnlyList<string> Named { get; } = [.. SymbolPath.Parse(named).Folders.SkipLast(1)];

    public SymbolsFile? File => file;

    /// <summary>As it is now. A list that can not be read counts as empty: names that are missing for it harm nothing.</summary>
    public SymbolPath Path
    {
        get
        {
            try
            {
                return SymbolPath.Parse(named, string.Join(':', file?.Read() ?? []));
            }
            catch (VmAtlasException)
            {
                return SymbolPath.Parse(named);
            }
        }
    }
}
