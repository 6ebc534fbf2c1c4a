namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>A setting of the kernel changed for a test and put back.</summary>
sealed class KernelSetting : IDisposable
{
    readonly string _path;
    readonly string? _before;

    /// <param name="value">From the value there was to the one wanted.</param>
    public KernelSetting(string path, Func<string, string> value)
    {
        _path = path;
        try
        {
            var before = File.ReadAllText(path).Trim();
            File.WriteAllText(path, value(before));
            _before = before;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            WhyNot = e.Message;
        }
    }

    public KernelSetting(string path, string value)
        : this(path, _ => value)
    {
    }

    /// <summary>Why it could not be changed; null where it was.</summary>
    public string? WhyNot { get; }

    public void Dispose()
    {
        if (_before is not null)
            File.WriteAllText(_path, _before);
    }
}
