using System.Text.Json;
using VmAtlas.Model;

namespace VmAtlas.Formats.Export;

/// <summary>One block as json: its region's fields and what only blocks have. Facts that are yes or no are there only when they are yes.</summary>
static class JsonBlock
{
    public static void Write(Block block, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        JsonSnapshot.WriteRange(block.Range, writer);
        writer.WriteString("type"u8, block.Region.Type.Name());
        JsonSnapshot.WriteMeasures(block.GetAll(), writer);
        WriteProtection(block.Protection, writer);
        if (block.Label is { Length: > 0 } label)
            writer.WriteString("label"u8, label);
        if (block.Name is { Length: > 0 } name)
            writer.WriteString("name"u8, name);
        if (block.Inode != 0)
            WriteFile(block, writer);
        if (block.Flags != 0)
            writer.WriteString("vmFlags"u8, VmFlags.ToText(block.Flags));
        writer.WriteNumber("pageSize"u8, block.PageSize.Bytes);
        WriteFacts(block.Facts, writer);
        writer.WriteEndObject();
    }

    /// <summary>As the kernel writes it, "rw-p"; what that has no letter for is a field of its own.</summary>
    public static void WriteProtection(Protection protection, Utf8JsonWriter writer)
    {
        writer.WriteString("protection"u8, protection.ToMapsText());
        if ((protection & Protection.CopyOnWrite) != 0)
            writer.WriteBoolean("copyOnWrite"u8, true);
        if ((protection & Protection.Guard) != 0)
            writer.WriteBoolean("pageGuard"u8, true);
    }

    static void WriteFile(Block block, Utf8JsonWriter writer)
    {
        writer.WriteNumber("offset"u8, block.Offset);
        writer.WriteNumber("inode"u8, block.Inode);
        writer.WriteString("device"u8, $"{block.Device.Major:x2}:{block.Device.Minor:x2}");
    }

    static void WriteFacts(BlockFlags facts, Utf8JsonWriter writer)
    {
        Say("startsMapping"u8, BlockFlags.StartsMapping);
        Say("clipped"u8, BlockFlags.Clipped);
        Say("apportioned"u8, BlockFlags.Apportioned);
        Say("deleted"u8, BlockFlags.Deleted);
        Say("guard"u8, BlockFlags.Guard);
        Say("thpEligible"u8, BlockFlags.ThpEligible);

        void Say(ReadOnlySpan<byte> name, BlockFlags flag)
        {
            if ((facts & flag) != 0)
                writer.WriteBoolean(name, true);
        }
    }
}
