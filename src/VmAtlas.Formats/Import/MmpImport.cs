using System.Globalization;
using System.Xml;
using VmAtlas.Formats.Vmmap;
using VmAtlas.Model;

namespace VmAtlas.Formats.Import;

/// <summary>Reads VMMap's own .mmp, tolerantly: it is not documented, and what is known of it comes from other programs that read it.</summary>
/// <remarks>
/// Any root; every element Snapshot in order; in it elements Region, and Regions within a Region are its blocks. Attributes may be missing, be
/// more, be decimal or 0x-hexadecimal. The time of a snapshot is the first attribute that, as 100 ns since 1601, falls into 1990 to 2200, whatever
/// it is called. Documents with a DTD are refused.
/// </remarks>
static class MmpImport
{
    /// <summary>UseType of a region, by number.</summary>
    static readonly MemoryType[] s_useTypes =
    [
        MemoryType.Heap, MemoryType.Stack, MemoryType.Image, MemoryType.MappedFile, MemoryType.PrivateData, MemoryType.Shareable,
        MemoryType.Free, MemoryType.PrivateData, MemoryType.ManagedHeap, MemoryType.PageTable, MemoryType.Unusable,
    ];

    static readonly DateTimeOffset s_earliest = new(1990, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset s_latest = new(2200, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <exception cref="InvalidDataException">No xml, or no snapshot in it.</exception>
    public static List<Snapshot> Read(Stream input, DateTimeOffset takenAt, ReaderLimits limits)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit,
            XmlResolver = null,
            MaxCharactersInDocument = limits.ImportCharacters,
            IgnoreComments = true,
            IgnoreWhitespace = true,
        };
        try
        {
            using var xml = XmlReader.Create(input, settings);
            return Read(xml, takenAt, limits);
        }
        catch (XmlException e)
        {
            throw new InvalidDataException($"it is no xml as VMMap writes it: {e.Message}", e);
        }
    }

    static List<Snapshot> Read(XmlReader xml, DateTimeOffset takenAt, ReaderLimits limits)
    {
        var (snapshots, strings, process) = (new List<Snapshot>(), new StringTable(), (Name: "", Pid: 0));
        ForeignSnapshot? snapshot = null;
        var (regionDepth, rows) = (0, 0);
        while (xml.Read())
        {
            if (xml.NodeType == XmlNodeType.EndElement && xml.LocalName == "Snapshot")
                End();
            if (xml.NodeType != XmlNodeType.Element)
                continue;
            if (xml.LocalName == "Snapshot")
            {
                End();
                snapshot = Begin(xml, strings, process, takenAt);
                regionDepth = int.MaxValue;
                if (xml.IsEmptyElement)
                    End();
            }
            else if (xml.LocalName == "Region" && snapshot is not null)
            {
                if (++rows > limits.Rows)
                    throw new InvalidDataException($"it has more than {limits.Rows} regions");
                regionDepth = Math.Min(regionDepth, xml.Depth);
                AddRegion(xml, snapshot, isBlock: xml.Depth > regionDepth);
            }
            else if (snapshot is null)
            {
                process = (xml.GetAttribute("ProcessName") ?? xml.GetAttribute("Process") ?? process.Name, Pid(xml) ?? process.Pid);
            }
        }
        return snapshots.Count > 0 ? snapshots : throw new InvalidDataException("it has no element Snapshot");

        void End()
        {
            if (snapshot is not null)
                snapshots.Add(snapshot.Build("VMMap .mmp"));
            snapshot = null;
        }
    }

    static ForeignSnapshot Begin(XmlReader xml, StringTable strings, (string Name, int Pid) process, DateTimeOffset takenAt)
    {
        var snapshot = new ForeignSnapshot(strings) { Name = process.Name, Pid = process.Pid, TakenAt = Time(xml) ?? takenAt };
        snapshot.Absent.Add(Measure.LockedWs);
        if (xml.GetAttribute("PageTableSize") is not null)
            snapshot.PageTables = Number(xml, "PageTableSize");
        return snapshot;
    }

    static void AddRegion(XmlReader xml, ForeignSnapshot snapshot, bool isBlock)
    {
        var protection = (uint)Math.Min(Number(xml, "Protection"), uint.MaxValue);
        var row = new ImportedRow
        {
            Address = Number(xml, "Address"),
            Size = Number(xml, "Size"),
            Committed = Number(xml, "Commit", "Committed"),
            Private = Number(xml, "PrivateBytes"),
            PrivateWs = Number(xml, "PrivateWS"),
            ShareableWs = Number(xml, "ShareableWS"),
            SharedWs = Number(xml, "SharedWS"),
            LockedWs = Number(xml, "LockedWS"),
            Mappings = (int)Math.Min(Number(xml, "Blocks"), int.MaxValue),
            Protection = PageConstants.ToProtection(protection),
            Facts = protection == PageConstants.NoAccess ? BlockFlags.NoAccess : BlockFlags.None,
            Type = Type(xml),
            Details = snapshot.Text(xml.GetAttribute("Details") ?? ""),
            IsBlock = isBlock,
        };
        row.TotalWs = unchecked(row.PrivateWs + row.ShareableWs);
        if (xml.GetAttribute("LockedWS") is not null)
            snapshot.Absent.Remove(Measure.LockedWs);
        if (row.Type == MemoryType.PageTable)
            snapshot.PageTables ??= row.Size;
        snapshot.Add(row);
    }

    static MemoryType Type(XmlReader xml)
    {
        if (VmmapWords.TryParseType(xml.GetAttribute("Type"), out var type))
            return type;
        return xml.GetAttribute("UseType") is not null && Number(xml, "UseType") is var use && use < (ulong)s_useTypes.Length
            ? s_useTypes[(int)use]
            : MemoryType.PrivateData;
    }

    /// <summary>The first of the attributes that is there, 0 when none is.</summary>
    static ulong Number(XmlReader xml, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (xml.GetAttribute(name) is not { Length: > 0 } text)
                continue;
            var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
            var digits = hex ? text.AsSpan(2) : text;
            return ulong.TryParse(digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
                ? value
                : throw new InvalidDataException($"{name}=\"{PrintableText.Of(text)}\" is no number");
        }
        return 0;
    }

    static int? Pid(XmlReader xml) => Number(xml, "PID", "Pid", "ProcessId") is > 0 and <= int.MaxValue and var pid ? (int)pid : null;

    static DateTimeOffset? Time(XmlReader xml)
    {
        for (var i = 0; i < xml.AttributeCount; i++)
        {
            if (!long.TryParse(xml.GetAttribute(i), NumberStyles.None, CultureInfo.InvariantCulture, out var units) || units > s_latest.ToFileTime())
                continue;
            if (DateTimeOffset.FromFileTime(units).ToUniversalTime() is var time && time >= s_earliest)
                return time;
        }
        return null;
    }
}
