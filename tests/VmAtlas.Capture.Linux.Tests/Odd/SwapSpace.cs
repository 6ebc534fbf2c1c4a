using VmAtlas.Testing;

namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>Swap for a test: what the machine has, else 64 MiB of compressed memory (zram), taken away afterwards.</summary>
sealed class SwapSpace : IDisposable
{
    const string Device = "/dev/zram0", Settings = "/sys/block/zram0";

    readonly bool _ours;

    public SwapSpace()
    {
        if (File.ReadLines("/proc/swaps").Skip(1).Any())
            return;
        if (!Environment.IsPrivilegedProcess || !File.Exists($"{Settings}/disksize") || File.ReadAllText($"{Settings}/disksize").Trim() != "0")
        {
            WhyNot = $"there is no swap here, and none can be made (root, and an unused {Device})";
            return;
        }
        File.WriteAllText($"{Settings}/disksize", "64M");
        try
        {
            Tool.Output("mkswap", Device);
            Tool.Output("swapon", Device);
            _ours = true;
        }
        catch (InvalidOperationException e)
        {
            WhyNot = $"swap is refused here: {e.Message}";
            File.WriteAllText($"{Settings}/reset", "1");
        }
    }

    /// <summary>Why there is no swap; null where there is some.</summary>
    public string? WhyNot { get; }

    public void Dispose()
    {
        if (!_ours)
            return;
        Tool.Output("swapoff", Device);
        File.WriteAllText($"{Settings}/reset", "1");
    }
}
