using System.Buffers;
using System.Globalization;
using VmAtlas.Model;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Reads and writes lengths of time as people give them: "500ms", "1s", "10m", "1h30m", "2d".</summary>
static class Durations
{
    static readonly (string Unit, double Seconds)[] s_units = [("ms", 0.001), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)];

    static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    public static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <exception cref="VmAtlasException">No length of time, none at all, or longer than <see cref="Longest"/>.</exception>
    public static TimeSpan Parse(string text, string option)
    {
        var rest = text.AsSpan();
        var seconds = 0.0;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
                || UnitAt(rest[digits..]) is not { } unit)
                throw Wrong(text, option);
            seconds += number * unit.Seconds;
            rest = rest[(digits + unit.Unit.Length)..];
        }
        return seconds > 0 && seconds <= Longest.TotalSeconds ? TimeSpan.FromSeconds(seconds) : throw Wrong(text, option);
    }

    /// <summary>"1.5 s", "12 min 5 s", "3 h 20 min".</summary>
    public static string Text(TimeSpan time) => time.TotalSeconds < 60
        ? time.TotalSeconds.ToString("0.# s", CultureInfo.InvariantCulture)
        : time.TotalMinutes < 60
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours} h {time.Minutes} min");

    static (string Unit, double Seconds)? UnitAt(ReadOnlySpan<char> text)
    {
        foreach (var unit in s_units)
        {
            if (text.StartsWith(unit.Unit, StringComparison.Ordinal))
                return unit;
        }
        return null;
    }

    static VmAtlasException Wrong(string text, string option) =>
        new(Failure.Usage, $"{option} takes a length of time such as 500ms, 1s, 10m or 1h30m, not '{text}'");
}
