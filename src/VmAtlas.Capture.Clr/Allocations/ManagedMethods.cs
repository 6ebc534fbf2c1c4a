using System.Buffers.Binary;
using System.Text;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Capture.Clr.Allocations;

/// <summary>The methods of a .NET target by the addresses of their code, and the types it made, as its runtime tells them. Nothing of it is believed:
/// texts and their number are bounded.</summary>
sealed class ManagedMethods : IFrameSource
{
    /// <summary>Not an address: the rest is the number of a type, as the innermost "call" of what made an object of it.</summary>
    public const ulong TypeMark = 1UL << 62;

    const int MaxMethods = 1 << 20, MaxText = 4096, MaxTypes = 1 << 18;

    readonly Lock _lock = new();
    readonly Dictionary<ulong, (uint Size, string Name)> _methods = [];
    readonly Dictionary<string, ulong> _typeNumbers = [];
    readonly List<string> _types = [];
    ulong[]? _starts;

    public int Count
    {
        get
        {
            lock (_lock)
                return _methods.Count;
        }
    }

    /// <summary>The number of a type, marked.</summary>
    public ulong TypeOf(string name)
    {
        lock (_lock)
        {
            if (_typeNumbers.TryGetValue(name, out var known))
                return known;
            if (_types.Count == MaxTypes)
                return TypeMark;
            _types.Add(name);
            return _typeNumbers[name] = TypeMark + (ulong)(_types.Count - 1);
        }
    }

    /// <summary>MethodLoadVerbose, MethodDCEndVerbose: method, module, where its code is, its size, token, flags, then namespace, name and signature.</summary>
    public void Learn(ReadOnlySpan<byte> payload)
    {
        const int texts = 36;
        if (payload.Length < texts)
            return;
        var (start, size) = (BinaryPrimitives.ReadUInt64LittleEndian(payload[16..]), BinaryPrimitives.ReadUInt32LittleEndian(payload[24..]));
        var left = payload[texts..];
        var (type, method) = (TextIn(ref left), TextIn(ref left));
        lock (_lock)
        {
            if (_methods.Count < MaxMethods && size > 0)
                (_methods[start], _starts) = ((size, type.Length > 0 ? $"{type}.{method}" : method), null);
        }
    }

    public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into)
    {
        lock (_lock)
        {
            foreach (var address in addresses)
            {
                if (NameAt(address) is { } name)
                    into.Frame(Encoding.UTF8.GetBytes(name), default, 0, inlined: false);
                into.EndAddress();
            }
        }
    }

    /// <summary>A text of UTF-16 that ends with 0; what is left begins behind it.</summary>
    public static string TextIn(ref ReadOnlySpan<byte> left)
    {
        var end = 0;
        while (end + 1 < left.Length && (left[end] | left[end + 1]) != 0)
            end += 2;
        var text = Encoding.Unicode.GetString(left[..Math.Min(end, MaxText)]);
        left = left[Math.Min(left.Length, end + 2)..];
        return text;
    }

    string? NameAt(ulong address)
    {
        if ((address & TypeMark) != 0)
            return (int)(address & ~TypeMark) is var number && number < _types.Count ? $"new {_types[number]}" : null;
        _starts ??= [.. _methods.Keys.Order()];
        var i = Array.BinarySearch(_starts, address - 1);
        i = i >= 0 ? i : ~i - 1;
        return i >= 0 && _methods[_starts[i]] is var method && address - 1 - _starts[i] < method.Size ? method.Name : null;
    }
}
