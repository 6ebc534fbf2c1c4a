namespace VmAtlas.Model;

/// <summary>The writing side: used by readers, by the pipeline and by file formats, never after a snapshot was made.</summary>
public sealed partial class BlockTable
{
    ulong[] _starts = [], _ends = [], _offsets = [], _inodes = [], _flags = [];
    uint[] _devices = [];
    int[] _names = [], _labels = [], _regions = [];
    Protection[] _protections = [];
    BlockFlags[] _facts = [];
    byte[] _pageShifts = [], _protectionKeys = [];

    public BlockTable(int capacity = 0) => Reserve(capacity);

    /// <summary>Says that the source knows a measure, even if it is zero in every row.</summary>
    public void MarkPresent(Measure measure) => _present |= 1u << (int)measure;

    /// <summary>Says that the source does not know a measure after all: what was set of it is forgotten.</summary>
    public void MarkAbsent(Measure measure)
    {
        _present &= ~(1u << (int)measure);
        _measures[(int)measure] = null;
    }

    /// <summary>Forgets the rows and which measures were present; keeps the memory.</summary>
    public void Clear()
    {
        foreach (var values in _measures)
            values?.AsSpan(0, Count).Clear();
        Count = 0;
        _present = 0;
    }

    /// <summary>Adds a row with everything zero but its range and returns its number.</summary>
    public int Add(ulong start, ulong end) => Add(start, end, default, 0, 0, 0, 0, BlockFlags.StartsMapping);

    /// <summary>Adds a row with what the system says of a mapping and returns its number; its measures are zero.</summary>
    public int Add(ulong start, ulong end, Protection protection, uint device, ulong inode, ulong offset, int name, BlockFlags facts)
    {
        if (Count == _capacity)
            Reserve(Math.Max(256, _capacity * 2));
        var row = Count++;
        _starts[row] = start;
        _ends[row] = end;
        _offsets[row] = offset;
        _inodes[row] = inode;
        _flags[row] = 0;
        _devices[row] = device;
        _names[row] = name;
        _labels[row] = 0;
        _regions[row] = -1;
        _protections[row] = protection;
        _facts[row] = facts;
        _pageShifts[row] = 12;
        _protectionKeys[row] = 0;
        return row;
    }

    /// <summary>Sets a measure of a row. Size and Shareable WS follow from others and can not be set.</summary>
    public void Set(Measure measure, int row, ulong bytes)
    {
        var values = _measures[(int)measure];
        if (values is null)
        {
            if (bytes == 0)
                return;
            values = _measures[(int)measure] = new ulong[_capacity];
        }
        values[row] = bytes;
    }

    public void SetFile(int row, uint device, ulong inode, ulong offset)
    {
        _devices[row] = device;
        _inodes[row] = inode;
        _offsets[row] = offset;
    }

    public void SetName(int row, int name) => _names[row] = name;

    public void SetLabel(int row, int label) => _labels[row] = label;

    public void SetRegion(int row, int region) => _regions[row] = region;

    /// <summary>Sets the region of every row.</summary>
    public void SetRegions(ReadOnlySpan<int> regions) => regions[..Count].CopyTo(_regions);

    public void SetProtection(int row, Protection protection) => _protections[row] = protection;

    public void SetFlags(int row, ulong flags) => _flags[row] = flags;

    public void SetFacts(int row, BlockFlags facts) => _facts[row] = facts;

    public void SetPages(int row, byte pageShift, byte protectionKey)
    {
        _pageShifts[row] = pageShift;
        _protectionKeys[row] = protectionKey;
    }

    /// <summary>Adds rows [first, first + count) of another table, all columns as they are. The present measures become the other's.</summary>
    public void AddRows(BlockTable from, int first, int count)
    {
        _present |= from._present;
        if (count == 0)
            return;
        if (Count + count > _capacity)
            Reserve(Math.Max(Count + count, _capacity * 2));
        Copy(from._starts, _starts);
        Copy(from._ends, _ends);
        Copy(from._offsets, _offsets);
        Copy(from._inodes, _inodes);
        Copy(from._flags, _flags);
        Copy(from._devices, _devices);
        Copy(from._names, _names);
        Copy(from._labels, _labels);
        Copy(from._regions, _regions);
        Copy(from._protections, _protections);
        Copy(from._facts, _facts);
        Copy(from._pageShifts, _pageShifts);
        Copy(from._protectionKeys, _protectionKeys);
        for (var m = 0; m < _measures.Length; m++)
        {
            if (from._measures[m] is { } values)
                Copy(values, _measures[m] ??= new ulong[_capacity]);
        }
        Count += count;

        void Copy<T>(T[] source, T[] target) => Array.Copy(source, first, target, Count, count);
    }

    /// <summary>Makes room for so many rows without copying again.</summary>
    public void Reserve(int capacity)
    {
        if (capacity <= _capacity)
            return;
        Array.Resize(ref _starts, capacity);
        Array.Resize(ref _ends, capacity);
        Array.Resize(ref _offsets, capacity);
        Array.Resize(ref _inodes, capacity);
        Array.Resize(ref _flags, capacity);
        Array.Resize(ref _devices, capacity);
        Array.Resize(ref _names, capacity);
        Array.Resize(ref _labels, capacity);
        Array.Resize(ref _regions, capacity);
        Array.Resize(ref _protections, capacity);
        Array.Resize(ref _facts, capacity);
        Array.Resize(ref _pageShifts, capacity);
        Array.Resize(ref _protectionKeys, capacity);
        for (var m = 0; m < _measures.Length; m++)
        {
            if (_measures[m] is not null)
                Array.Resize(ref _measures[m], capacity);
        }
        _capacity = capacity;
    }
}
