using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Cli.Output;

/// <summary>How amounts are written in tables for people. Json and csv have exact bytes.</summary>
static class Figures
{
    /// <summary>From here on an amount is written in T: an address space of 128 T in kibibytes would push every column aside.</summary>
    const ulong Tebi = 1UL << 40;

    /// <summary>Whole kibibytes with separators, rounded down ("94,896"), or tebibytes from 1 T on ("127.9 T", cut, not rounded up).</summary>
    public static void Kib(Cell cell, ulong bytes)
    {
        if (bytes >= Tebi)
            cell.Append($"{bytes / Tebi}.{bytes % Tebi * 10 / Tebi} T");
        else
            cell.Append($"{bytes >> 10:N0}");
    }

    public static string Kib(ulong bytes) => bytes >= Tebi
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / Tebi}.{bytes % Tebi * 10 / Tebi} T")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes >> 10:N0} K");

    /// <summary>VMMap's way: nothing is an empty cell.</summary>
    public static void KibOrBlank(Cell cell, ulong bytes)
    {
        if (bytes != 0)
            Kib(cell, bytes);
    }

    /// <summary>A difference with its sign: "+1,024", "−64"; nothing for none.</summary>
    public static void Change(Cell cell, Int128 bytes)
    {
        if (bytes == 0)
            return;
        cell.Append(bytes < 0 ? "−" : "+");
        Kib(cell, (ulong)Int128.Abs(bytes));
    }

    /// <summary>The shortest form with three figures, for sentences: "1.50 G", "23.4 M", "640 K".</summary>
    public static string Short(ByteSize size)
    {
        var (value, unit) = size.Bytes switch
        {
            >= 1UL << 60 => (size.Bytes / (double)(1UL << 60), "E"),
            >= 1UL << 50 => (size.Bytes / (double)(1UL << 50), "P"),
            >= Tebi => (size.Bytes / (double)Tebi, "T"),
            >= 1UL << 30 => (size.Bytes / (double)(1UL << 30), "G"),
            >= 1UL << 20 => (size.Bytes / (double)(1UL << 20), "M"),
            >= 1UL << 10 => (size.Bytes / 1024.0, "K"),
            _ => (size.Bytes, "B"),
        };
        var form = unit == "B" || value >= 100 ? "0" : value >= 10 ? "0.0" : "0.00";
        return value.ToString(form, CultureInfo.InvariantCulture) + " " + unit;
    }
}
