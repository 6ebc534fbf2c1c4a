using System.Runtime.CompilerServices;

namespace VmAtlas.Model;

/// <summary>All measures of one row or sum, each either known or absent. A value, some 160 bytes: made for sums, not for storage.</summary>
public struct MeasureSet
{
    [InlineArray(Measures.Count)]
    struct Values
    {
        ulong _first;
    }

    Values _values;
    uint _present;

    /// <summary>Bytes; 0 when absent, so ask <see cref="Has"/> first where that matters.</summary>
    public readonly ulong this[Measure measure] => _values[(int)measure];

    public readonly bool Has(Measure measure) => (_present >> (int)measure & 1) != 0;

    public void Set(Measure measure, ulong bytes)
    {
        _values[(int)measure] = bytes;
        _present |= 1u << (int)measure;
    }

    /// <summary>Adds to a measure, which is known from then on.</summary>
    public void Add(Measure measure, ulong bytes)
    {
        _values[(int)measure] = checked(_values[(int)measure] + bytes);
        _present |= 1u << (int)measure;
    }

    /// <summary>Adds what the other knows; what only this knows stays.</summary>
    public void Add(in MeasureSet other)
    {
        for (var m = 0; m < Measures.Count; m++)
        {
            if (other.Has((Measure)m))
                Add((Measure)m, other._values[m]);
        }
    }
}
