using System.Globalization;

namespace VmAtlas.Capture.Linux.Tests.Annotators;

/// <summary>Sets huge pages aside for a test and gives them back. Where that is not permitted the target says that it had none.</summary>
sealed class HugePages : IDisposable
{
    const string Setting = "/proc/sys/vm/nr_hugepages";
    readonly string? _before;

    public HugePages(int wanted)
    {
        try
        {
            var before = File.ReadAllText(Setting).Trim();
            File.WriteAllText(Setting, Math.Max(wanted, int.Parse(before, CultureInfo.InvariantCulture)).ToString(CultureInfo.InvariantCulture));
            _before = before;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _before = null;
        }
    }

    public void Dispose()
    {
        if (_before is not null)
            File.WriteAllText(Setting, _before);
    }
}
