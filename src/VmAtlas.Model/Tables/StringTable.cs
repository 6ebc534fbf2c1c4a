using System.Runtime.CompilerServices;
using System.Text;

namespace VmAtlas.Model;

/// <summary>Distinct texts with small numbers. Append-only, so all snapshots of a timeline share one; number 0 is the empty text.</summary>
/// <remarks>
/// Texts are kept as the bytes the system gave: a path need not be UTF-8, and reopening it needs its own bytes. <see cref="this[int]"/>
/// shows bytes that are not UTF-8 as <c>\xNN</c>. One writer at a time; readers need no lock, because a number is
/// handed out only after its text is in place.
/// </remarks>
public sealed class StringTable
{
    byte[] _bytes = new byte[4096];
    int[] _ends = new int[64];
    string?[] _texts = new string?[64];
    int[] _buckets = new int[128];
    int[] _next = new int[64];
    int _count;

    public StringTable() => Intern(ReadOnlySpan<byte>.Empty);

    public int Count => _count;

    /// <summary>Bytes held, for the budget of a long recording.</summary>
    public int Utf8Length => _count == 0 ? 0 : _ends[_count - 1];

    public string this[int index] => _texts[index] ??= Show(Utf8(index));

    /// <summary>The bytes as the system gave them.</summary>
    public ReadOnlySpan<byte> Utf8(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(unchecked((uint)index), (uint)_count, nameof(index));
        var start = index == 0 ? 0 : _ends[index - 1];
        return new ReadOnlySpan<byte>(_bytes, start, _ends[index] - start);
    }

    [SkipLocalsInit]
    public int Intern(string text)
    {
        var max = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (max > 1024)
            return Intern(Encoding.UTF8.GetBytes(text));
        Span<byte> utf8 = stackalloc byte[1024];
        return Intern(utf8[..Encoding.UTF8.GetBytes(text, utf8)]);
    }

    /// <summary>The number of these bytes, a new one if they are new. Allocates nothing when they are known.</summary>
    public int Intern(ReadOnlySpan<byte> utf8)
    {
        var hash = Hash(utf8);
        for (var i = _buckets[hash & (uint)(_buckets.Length - 1)] - 1; i >= 0; i = _next[i] - 1)
        {
            if (Utf8(i).SequenceEqual(utf8))
                return i;
        }
        return Add(utf8, hash);
    }

    int Add(ReadOnlySpan<byte> utf8, uint hash)
    {
        if (_count == _ends.Length)
            Grow();
        var start = Utf8Length;
        if (start + utf8.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, start + utf8.Length));
        utf8.CopyTo(_bytes.AsSpan(start));
        _ends[_count] = start + utf8.Length;
        ref var bucket = ref _buckets[hash & (uint)(_buckets.Length - 1)];
        _next[_count] = bucket;
        bucket = _count + 1;
        return _count++;
    }

    void Grow()
    {
        var size = _ends.Length * 2;
        Array.Resize(ref _ends, size);
        Array.Resize(ref _texts, size);
        _next = new int[size];
        _buckets = new int[size * 2];
        for (var i = 0; i < _count; i++)
        {
            ref var bucket = ref _buckets[Hash(Utf8(i)) & (uint)(_buckets.Length - 1)];
            _next[i] = bucket;
            bucket = i + 1;
        }
    }

    /// <summary>Begins at a number that each run draws anew, so that no target can choose names that all fall into one bucket.</summary>
    static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return unchecked((uint)hash.ToHashCode());
    }

    static string Show(ReadOnlySpan<byte> utf8)
    {
        if (System.Text.Unicode.Utf8.IsValid(utf8))
            return Encoding.UTF8.GetString(utf8);
        var text = new StringBuilder();
        while (!utf8.IsEmpty)
        {
            var status = Rune.DecodeFromUtf8(utf8, out var rune, out var used);
            if (status == System.Buffers.OperationStatus.Done)
                text.Append(rune.ToString());
            else
                foreach (var b in utf8[..used])
                    text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{b:x2}");
            utf8 = utf8[used..];
        }
        return text.ToString();
    }
}
