using System.Text;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Symbols;

/// <summary>The data objects among an ELF object's symbols whose names begin with a prefix: <c>_ZTV</c> for C++'s virtual tables (Itanium C++ ABI §5.1.4).</summary>
/// <remarks>Copied out of the file, which is not needed any more. Addresses are the object's own.</remarks>
public sealed class NamedObjects
{
    /// <summary>Objects kept of one file.</summary>
    const int MaxObjects = 1 << 20;

    readonly ulong[] _starts;
    readonly (ulong End, string Name)[] _objects;

    NamedObjects(List<(ulong Start, ulong End, string Name)> objects)
    {
        _starts = [.. objects.Select(o => o.Start)];
        _objects = [.. objects.Select(o => (o.End, o.Name))];
    }

    public int Count => _starts.Length;

    /// <summary>Empty when the object is stripped, or its table makes no sense.</summary>
    public static NamedObjects Read(ElfFile? elf, ReadOnlySpan<byte> prefix)
    {
        var objects = new List<(ulong, ulong, string)>();
        try
        {
            var table = elf is null ? null : SymbolTable.TryRead(elf, functions: false, WorkBudget.ForFile(elf.Length));
            for (var i = 0; i < (table?.Count ?? 0) && objects.Count < MaxObjects; i++)
            {
                if (table!.NameOf(i) is var name && name.StartsWith(prefix))
                    objects.Add((table.StartOf(i), table.EndOf(i), Encoding.Latin1.GetString(name)));
            }
        }
        catch (SymbolFormatException)
        {
            // What was read so far names what it names.
        }
        return new NamedObjects(objects);
    }

    /// <summary>The name, as it stands in the file, of the object that holds an address.</summary>
    public string? NameAt(ulong address)
    {
        var i = Array.BinarySearch(_starts, address);
        if (i < 0)
            i = ~i - 1;
        return i >= 0 && address < _objects[i].End ? _objects[i].Name : null;
    }

    /// <summary>The address of the object so named, or null.</summary>
    public ulong? AddressOf(string name)
    {
        var i = Array.FindIndex(_objects, o => o.Name == name);
        return i < 0 ? null : _starts[i];
    }
}
