using System.Text;
using VmAtlas.Symbols.Bytes;
using VmAtlas.Symbols.Demangling;
using VmAtlas.Symbols.Elf;

namespace VmAtlas.Symbols;

/// <summary>The tables of symbols of a module, each read when it is first needed. The best comes first: .symtab of the module or of its debug file;
/// where there is none, .gnu_debugdata and .dynsym, which complete each other.</summary>
sealed class ModuleTables(IReadOnlyList<ElfFile> files, WorkBudget budget)
{
    readonly Lazy<SymbolTable[]> _functions = new(() => Read(files, functions: true, budget));
    readonly Lazy<SymbolTable[]> _objects = new(() => Read(files, functions: false, budget));

    /// <summary>The name, as it stands in the file, of the function that holds an address; empty when none is known.</summary>
    public ReadOnlySpan<byte> FunctionAt(ulong address)
    {
        foreach (var table in _functions.Value)
        {
            if (table.IndexOf(address) is >= 0 and var i)
                return table.NameOf(i);
        }
        return default;
    }

    public SymbolHit? Find(ulong address, bool functions)
    {
        foreach (var table in (functions ? _functions : _objects).Value)
        {
            if (table.IndexOf(address) is >= 0 and var i)
                return new SymbolHit(Demangler.Demangle(table.NameOf(i)), Encoding.UTF8.GetString(table.NameOf(i)), table.StartOf(i), table.EndOf(i));
        }
        return null;
    }

    /// <summary>The address of the symbol so named in the file.</summary>
    public ulong? AddressOf(ReadOnlySpan<byte> name, bool functions)
    {
        foreach (var table in (functions ? _functions : _objects).Value)
        {
            for (var i = 0; i < table.Count; i++)
            {
                if (table.NameOf(i).SequenceEqual(name))
                    return table.StartOf(i);
            }
        }
        return null;
    }

    static SymbolTable[] Read(IReadOnlyList<ElfFile> files, bool functions, WorkBudget budget)
    {
        var tables = new List<SymbolTable>();
        foreach (var file in files)
        {
            try
            {
                if (SymbolTable.TryRead(file, functions, budget) is { } table)
                    tables.Add(table);
            }
            catch (SymbolFormatException)
            {
                // A damaged table names nothing; the others still can.
            }
        }
        return [.. tables];
    }
}
