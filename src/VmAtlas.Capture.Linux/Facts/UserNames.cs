using System.Globalization;

namespace VmAtlas.Capture.Linux.Facts;

/// <summary>Names of user ids from <c>/etc/passwd</c>; the number itself where it has no name there (directory services are not asked:
/// they can be slow, and load libraries).</summary>
static class UserNames
{
    static readonly Lazy<Dictionary<ulong, string>> s_names = new(Read);

    public static string Of(uint uid) =>
        s_names.Value.TryGetValue(uid, out var name) ? name : uid.ToString(CultureInfo.InvariantCulture);

    static Dictionary<ulong, string> Read()
    {
        var names = new Dictionary<ulong, string>();
        if (!File.Exists("/etc/passwd"))
            return names;
        foreach (var line in File.ReadLines("/etc/passwd"))
        {
            var parts = line.Split(':', 4);
            if (parts.Length == 4 && uint.TryParse(parts[2], CultureInfo.InvariantCulture, out var uid))
                names.TryAdd(uid, parts[0]);
        }
        return names;
    }
}
