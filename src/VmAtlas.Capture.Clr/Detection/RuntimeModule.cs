using VmAtlas.Model;

namespace VmAtlas.Capture.Clr.Detection;

/// <summary>The .NET runtime of a target.</summary>
/// <param name="Base">Where its ELF or PE header is mapped.</param>
/// <param name="IsSingleFile">It is linked into the program itself.</param>
sealed record RuntimeModule(ulong Base, bool IsSingleFile)
{
    static ReadOnlySpan<byte> Library => "/libcoreclr.so"u8;

    /// <summary>Finds the runtime, or null: then the target is no .NET process, or a NativeAOT one.</summary>
    /// <remarks>
    /// Evidence: a private mapping of a file named libcoreclr.so from its start; else, where the program itself exports
    /// <see cref="RuntimeIdentity.Export"/>, the program. A module of the first name may be anything: it is a reason to look, no more. A runtime
    /// that was renamed is not found. A process that is not .NET costs one pass over its mappings' names and a few small reads.
    /// </remarks>
    public static RuntimeModule? Find(AnnotationContext context)
    {
        if (context.Target is IAllocationSource source)
            return FindImage(context, source.Allocations);
        var (mappings, strings) = (context.Mappings, context.Strings);
        var (name, isRuntime) = (-1, false);
        foreach (var i in context.Index.Files)
        {
            if (mappings.Offsets[i] != 0 || mappings.Protections[i].IsShared())
                continue;
            // Mappings of one file follow each other: each name is looked at about once.
            if (mappings.Names[i] != name)
                (name, isRuntime) = (mappings.Names[i], strings.Utf8(mappings.Names[i]).EndsWith(Library));
            if (isRuntime)
                return new RuntimeModule(mappings.Starts[i], IsSingleFile: false);
        }
        return context.Target is IMemorySource memory && MayBeInProgram(context) ? FindInProgram(context, memory) : null;
    }

    /// <summary>On Windows: the image named coreclr.dll; else a program that exports <see cref="RuntimeIdentity.Export"/>.</summary>
    static RuntimeModule? FindImage(AnnotationContext context, IReadOnlyList<Allocation> allocations)
    {
        if (ImageNamed("\\coreclr.dll").FirstOrDefault() is { Base: > 0 } library)
            return new RuntimeModule(library.Base, IsSingleFile: false);
        if (context.Target is not IMemorySource memory)
            return null;
        return ImageNamed(".exe").FirstOrDefault(a => PeModule.FindExport(Read, a.Base, RuntimeIdentity.Export) is not null) is { Base: > 0 } program
            ? new RuntimeModule(program.Base, IsSingleFile: true) : null;

        IEnumerable<Allocation> ImageNamed(string end) => allocations.Where(a => a.Kind == AllocationKind.Image
            && context.Mappings.Names[a.First] is not 0 and var name && context.Strings[name].EndsWith(end, StringComparison.OrdinalIgnoreCase));

        int Read(ulong address, Span<byte> into) => memory.Read(new Address(address), into);
    }

    /// <summary>A runtime has some ten MiB of code: a process none of whose files has half of that mapped is not looked into.</summary>
    static bool MayBeInProgram(AnnotationContext context)
    {
        const ulong smallestCode = 5 << 20;
        foreach (var i in context.Index.Files)
        {
            if ((context.Mappings.Protections[i] & Protection.Execute) != 0 && context.Mappings.Range(i).Size.Bytes >= smallestCode)
                return true;
        }
        return false;
    }

    /// <summary>Looks for a runtime linked into the program; into any module, where it is not known which the program is.</summary>
    static RuntimeModule? FindInProgram(AnnotationContext context, IMemorySource memory)
    {
        var (mappings, strings) = (context.Mappings, context.Strings);
        var program = context.Target.Process.Executable is { } path ? strings.Intern(path) : -1;
        foreach (var i in context.Index.Files)
        {
            // The assemblies of a bundle are mapped from the same file: only the ELF header begins at offset 0 and is private.
            if (mappings.Offsets[i] == 0 && !mappings.Protections[i].IsShared()
                && (program < 0 || mappings.Names[i] == program)
                && ElfModule.TryOpen(Read, mappings.Starts[i])?.FindExport(RuntimeIdentity.Export) is not null)
                return new RuntimeModule(mappings.Starts[i], IsSingleFile: true);
        }
        return null;

        int Read(ulong address, Span<byte> into) => memory.Read(new Address(address), into);
    }
}
