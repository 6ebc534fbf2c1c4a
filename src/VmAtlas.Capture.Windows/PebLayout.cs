namespace VmAtlas.Capture.Windows;

/// <summary>Where the fields used lie in the structures of a 64-bit or a 32-bit process (public symbols of ntdll; the same from Windows 7 on
/// unless a field says otherwise).</summary>
sealed record PebLayout
{
    public static readonly PebLayout Wide = new()
    {
        IsWide = true,
        Parameters = 0x20, CommandLine = 0x70, Environment = 0x80,
        ProcessHeap = 0x30, HeapCount = 0xE8, Heaps = 0xF0,
        StackBase = 0x08, StackLimit = 0x10, Self = 0x30, Peb = 0x60, DeallocationStack = 0x1478,
        SegmentSignature = 0x10, SegmentHeap = 0x28,
        Places =
        [
            (0x68, "API Set Map"), (0x88, "CSR Shared Memory"), (0x90, "Silo Shared Data"), (0xA0, "Ansi Code Page"), (0xA8, "OEM Code Page"), (0xB0, "Unicode Case Table"),
            (0xF8, "GDI Shared Handle Table"), (0x2D8, "Shim Data"), (0x2E0, "Application Compatibility Data"),
            (0x2F8, "Activation Context Data"), (0x300, "Assembly Storage Map"), (0x308, "Default Activation Context Data"), (0x310, "Default Assembly Storage Map"),
            (0x358, "Error Reporting Data"), (0x7A0, "Telemetry Coverage Data"), (0x7B8, "Leap Second Data"),
        ],
    };

    public static readonly PebLayout Narrow = new()
    {
        Parameters = 0x10, CommandLine = 0x40, Environment = 0x48,
        ProcessHeap = 0x18, HeapCount = 0x88, Heaps = 0x90,
        StackBase = 0x04, StackLimit = 0x08, Self = 0x18, Peb = 0x30, DeallocationStack = 0xE0C,
        SegmentSignature = 0x08, SegmentHeap = 0x18,
        Places =
        [
            (0x38, "API Set Map"), (0x4C, "CSR Shared Memory"), (0x50, "Silo Shared Data"), (0x58, "Ansi Code Page"), (0x5C, "OEM Code Page"), (0x60, "Unicode Case Table"),
            (0x94, "GDI Shared Handle Table"), (0x1E8, "Shim Data"), (0x1EC, "Application Compatibility Data"),
            (0x1F8, "Activation Context Data"), (0x1FC, "Assembly Storage Map"), (0x200, "Default Activation Context Data"), (0x204, "Default Assembly Storage Map"),
            (0x230, "Error Reporting Data"), (0x45C, "Telemetry Coverage Data"), (0x470, "Leap Second Data"),
        ],
    };

    /// <summary>Pointers have 8 bytes, not 4.</summary>
    public bool IsWide { get; private init; }

    /// <summary>PEB.ProcessParameters.</summary>
    public uint Parameters { get; private init; }

    /// <summary>RTL_USER_PROCESS_PARAMETERS.CommandLine, a UNICODE_STRING.</summary>
    public uint CommandLine { get; private init; }

    /// <summary>RTL_USER_PROCESS_PARAMETERS.Environment.</summary>
    public uint Environment { get; private init; }

    public uint ProcessHeap { get; private init; }

    /// <summary>PEB.NumberOfHeaps.</summary>
    public uint HeapCount { get; private init; }

    /// <summary>PEB.ProcessHeaps.</summary>
    public uint Heaps { get; private init; }

    /// <summary>TEB.NtTib.StackBase: the address behind the stack.</summary>
    public uint StackBase { get; private init; }

    /// <summary>TEB.NtTib.StackLimit: the lowest page in use.</summary>
    public uint StackLimit { get; private init; }

    /// <summary>TEB.NtTib.Self, which proves a TEB.</summary>
    public uint Self { get; private init; }

    /// <summary>TEB.ProcessEnvironmentBlock.</summary>
    public uint Peb { get; private init; }

    /// <summary>TEB.DeallocationStack: the allocation base of the stack.</summary>
    public uint DeallocationStack { get; private init; }

    /// <summary>HEAP_SEGMENT.SegmentSignature; the signature of a segment heap lies at the same place.</summary>
    public uint SegmentSignature { get; private init; }

    /// <summary>HEAP_SEGMENT.Heap.</summary>
    public uint SegmentHeap { get; private init; }

    /// <summary>Fields of the PEB that point to memory worth a name; the last two from Windows 10 on, before which they lie behind the PEB, in zeros.</summary>
    public IReadOnlyList<(uint Offset, string Name)> Places { get; private init; } = [];

    public uint WordBytes => IsWide ? 8u : 4u;
}
