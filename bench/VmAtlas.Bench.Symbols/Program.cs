using System.Globalization;
using VmAtlas.Bench.Symbols;
using VmAtlas.Symbols;

// 10,000 addresses of a C++ program of some 110 MB with inlines, in a process of its own each time, against llvm-symbolizer. See bench/symbols.
// "build FOLDER" makes the program there and a list of addresses; "resolve PROGRAM ADDRESSES" is what is measured; "compare FOLDER [ROUNDS]" measures.
switch (args)
{
    case ["build", var folder, .. var rest]:
        BigProgram.Build(folder, rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 14);
        return 0;
    case ["resolve", var program, var list]:
        return Resolve(program, list);
    case ["compare", var folder, .. var rest]:
        return Comparison.Run(folder, rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 7) ? 0 : 1;
    default:
        Console.Error.WriteLine("build FOLDER [PARTS] | resolve PROGRAM ADDRESSES | compare FOLDER [ROUNDS]");
        return 2;
}

// Writes what llvm-symbolizer writes, so that both do the same work.
static int Resolve(string program, string list)
{
    var addresses = File.ReadLines(list).Select(l => Convert.ToUInt64(l, 16)).ToArray();
    using var store = new SymbolStore(SymbolPath.Default);
    var frames = store.Open(new SymbolModule(program)).Resolve(addresses, AddressKind.Exact);
    using var output = new StreamWriter(Console.OpenStandardOutput(), bufferSize: 1 << 16);
    for (var i = 0; i < frames.Count; i++)
    {
        foreach (var frame in frames[i])
        {
            output.WriteLine(store.Texts[frame.Function]);
            output.Write(store.Texts[frame.File]);
            output.Write(':');
            output.WriteLine(frame.Line);
        }
        output.WriteLine();
    }
    return frames.FrameCount > 0 ? 0 : 1;
}
