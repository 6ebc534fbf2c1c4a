using System.Buffers.Binary;
using System.Text;
using VmAtlas.Capture.Clr.Detection;

namespace VmAtlas.Capture.Clr.Tests;

/// <summary>Exports of a loaded PE module, of a made-up one and of ones that lie.</summary>
public sealed class PeModuleTests
{
    const ulong Base = 0x1_4000_0000;
    const int Info = 0x800;

    static readonly string[] s_names = ["Alpha", "DotNetRuntimeInfo", "DotNetRuntimeInfoX", "Zeta"];

    [Theory]
    [InlineData("Alpha", 0x700)]
    [InlineData("DotNetRuntimeInfo", Info)]
    [InlineData("Zeta", 0x703)]
    [InlineData("DotNetRuntime", 0)]
    [InlineData("Beta", 0)]
    public void An_export_is_found_by_its_whole_name(string name, int at) =>
        PeModule.FindExport(Reader(Make()), Base, name).ShouldBe(at == 0 ? null : Base + (ulong)at);

    [Fact]
    public void A_runtime_in_a_program_names_its_debugger_library_by_time_and_size() =>
        RuntimeIdentity.Read(Reader(Make()), Base).ShouldNotBeNull()
            .ShouldBe(new RuntimeIdentity("556677882000", "AABBCCDD14e000") { IsWindows = true });

    [Fact]
    public void Headers_and_tables_that_lie_cost_an_answer_and_never_more()
    {
        var (random, found) = (new Random(4711), 0);
        for (var round = 0; round < 5000; round++)
        {
            var image = Make();
            for (var i = random.Next(1, 6); i > 0; i--)
                image[random.Next(random.Next(2) == 0 ? 0x200 : 0x500)] = (byte)random.Next(256);
            if (RuntimeIdentity.Read(Reader(image), Base) is { DacBuildId: not null })
                found++;
        }
        found.ShouldBeInRange(1000, 4900);
    }

    static MemoryReader Reader(byte[] image) => (address, into) =>
    {
        var at = unchecked(address - Base);
        if (at >= (ulong)image.Length)
            return 0;
        var length = Math.Min(into.Length, image.Length - (int)at);
        image.AsSpan((int)at, length).CopyTo(into);
        return length;
    };

    /// <summary>An image of one section, with a table of exports at 0x300.</summary>
    static byte[] Make()
    {
        var image = new byte[0x2000];
        "MZ"u8.CopyTo(image);
        Put(image, 60, 0x80);
        "PE\0\0"u8.CopyTo(image.AsSpan(0x80));
        Put(image, 0x84, 0x8664 | 1 << 16);
        Put(image, 0x88, 0x55667788);
        Put(image, 0x94, 240);
        Put(image, 0x98, 0x20b);
        Put(image, 0x98 + 56, 0x2000);
        Put(image, 0x98 + 60, 0x200);
        Put(image, 0x98 + 108, 16);
        Put(image, 0x98 + 112, 0x300);
        var section = 0x98 + 240;
        ".text"u8.CopyTo(image.AsSpan(section));
        Put(image, section + 8, 0x1000);
        Put(image, section + 12, 0x1000);
        Put(image, 0x300 + 20, s_names.Length);
        Put(image, 0x300 + 24, s_names.Length);
        Put(image, 0x300 + 28, 0x340);
        Put(image, 0x300 + 32, 0x380);
        Put(image, 0x300 + 36, 0x3c0);
        var text = 0x400;
        for (var i = 0; i < s_names.Length; i++)
        {
            Put(image, 0x340 + i * 4, s_names[i] == RuntimeIdentity.Export ? Info : 0x700 + i);
            Put(image, 0x380 + i * 4, text);
            BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x3c0 + i * 2), (ushort)i);
            text += Encoding.ASCII.GetBytes(s_names[i], image.AsSpan(text)) + 1;
        }
        "DotNetRuntimeInfo"u8.CopyTo(image.AsSpan(Info));
        Put(image, Info + 20, 2);
        image[Info + 48] = 8;
        Put(image, Info + 49, unchecked((int)0xAABBCCDD));
        Put(image, Info + 53, 0x14e000);
        return image;
    }

    static void Put(byte[] image, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(image.AsSpan(at), value);
}
