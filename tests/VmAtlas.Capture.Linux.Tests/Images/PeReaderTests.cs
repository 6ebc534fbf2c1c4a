using System.Buffers.Binary;
using VmAtlas.Capture.Pe;
using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Tests.Images;

public sealed class PeReaderTests
{
    static byte[] Sample() => PeMaker.Make(0x5000, managed: true, (".text", 0x1000, 0x1800, 0x400, PeMaker.Code), (".data", 0x3000, 0x100, 0x2000, PeMaker.Data));

    [Fact]
    public void Headers_of_a_made_image_are_read()
    {
        var image = PeReader.TryRead(Sample()).ShouldNotBeNull();
        (image.Size, image.HeaderSize, image.IsManaged).ShouldBe((0x5000u, 0x400u, true));
        image.Sections.ShouldBe(
        [
            new PeSection(".text", 0x1000, 0x1800, 0x400, Protection.Read | Protection.Execute),
            new PeSection(".data", 0x3000, 0x100, 0x2000, Protection.Read | Protection.Write),
        ]);
    }

    [Fact]
    public void A_real_assembly_is_read_and_is_managed()
    {
        var image = PeReader.TryRead(File.ReadAllBytes(typeof(PeReader).Assembly.Location)).ShouldNotBeNull();
        image.IsManaged.ShouldBeTrue();
        image.Sections[0].Name.ShouldBe(".text");
    }

    [Theory]
    [InlineData(60, 0xfffffff0)] // e_lfanew past the end
    [InlineData(60, 0x7fffffff)]
    [InlineData(0x80 + 24 + 56, 0)] // SizeOfImage
    [InlineData(0x80 + 24 + 56, PeReader.MaxSize + 1)]
    [InlineData(0x80 + 24 + 60, 0x6000)] // headers larger than the image
    [InlineData(0x80 + 24 + 240 + 12, 0xfffff000)] // section past the image
    [InlineData(0x80 + 24 + 240 + 40 + 12, 0x1000)] // sections that overlap
    public void Numbers_out_of_bounds_are_no_image(int at, uint value)
    {
        var file = Sample();
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        PeReader.TryRead(file).ShouldBeNull();
    }

    [Theory]
    [InlineData(PeReader.MaxSections + 1)]
    [InlineData(0xffff)]
    [InlineData(0)]
    public void Too_many_or_no_sections_are_no_image(int count)
    {
        var file = new byte[PeReader.MaxHeader];
        Sample().AsSpan(0, 0x400).CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x86), (ushort)count);
        PeReader.TryRead(file).ShouldBeNull();
    }

    [Fact]
    public void Damage_and_cuts_never_break_the_reader()
    {
        var random = new Random(7);
        for (var round = 0; round < 20000; round++)
        {
            var file = Sample();
            for (var hits = random.Next(1, 12); hits > 0; hits--)
                file[random.Next(0x400)] = (byte)(random.Next(2) == 0 ? 0xff : random.Next(256));
            if (PeReader.TryRead(file.AsSpan(0, random.Next(file.Length))) is not { } image)
                continue;
            image.Size.ShouldBeLessThanOrEqualTo(PeReader.MaxSize);
            image.Sections.All(s => s.End <= image.Size).ShouldBeTrue();
        }
    }
}
