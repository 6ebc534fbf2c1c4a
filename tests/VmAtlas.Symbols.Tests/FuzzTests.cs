using VmAtlas.Symbols.Bytes;

namespace VmAtlas.Symbols.Tests;

/// <summary>Damaged files: nothing but reasons comes out, and no more work is done than the size of the file allows.</summary>
public sealed class FuzzTests
{
    static readonly SymbolPath s_nowhere = SymbolPath.Parse("/nonexistent");

    [Theory]
    [InlineData("gcc -O2 -g -nostdlib -static plain.c", 3000)]
    [InlineData("gcc -O2 -g -gdwarf-4 -nostdlib -static plain.c", 3000)]
    [InlineData("gcc -O2 -g -gz=zlib -nostdlib -static plain.c", 1500)]
    [InlineData("gcc -O2 -g -gdwarf-4 -m32 -nostdlib -static plain.c", 1500)]
    [InlineData("clang -O2 -g -gdwarf-5 -nostdlib -static plain.c", 3000)]
    [InlineData("clang++ -std=c++17 -O1 -g shapes.cpp", 60)]
    public void Random_damage_never_breaks_the_reader(string command, int rounds)
    {
        var file = File.ReadAllBytes(Flavour.Build(command));
        var addresses = Frames.AddressesOf(Flavour.Build(command), 100);
        var whole = Resolve(file, addresses).FrameCount;
        whole.ShouldBeGreaterThan(addresses.Length);
        var random = new Random(41);
        var (broken, same) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var damaged = Damage(file, random);
            var frames = Resolve(damaged, addresses).FrameCount;
            // Twenty bytes of debug information can describe a chain of inlined functions, so the frames stay bounded too.
            frames.ShouldBeLessThan(addresses.Length * 200);
            broken += frames < whole ? 1 : 0;
            same += frames == whole ? 1 : 0;
        }
        broken.ShouldBeGreaterThan(0, "some damage was met");
        same.ShouldBeGreaterThan(0, "some damage changed nothing");
    }

    [Fact]
    public void A_file_cut_at_any_length_is_read_or_refused_and_nothing_else()
    {
        const string command = "gcc -O2 -g -nostdlib -static plain.c";
        var file = File.ReadAllBytes(Flavour.Build(command));
        var addresses = Frames.AddressesOf(Flavour.Build(command), 40);
        for (var length = 0; length < file.Length; length += 37)
            Resolve(file[..length], addresses).Count.ShouldBe(addresses.Length);
    }

    [Fact]
    public void A_file_that_shrinks_while_it_is_read_gives_fewer_frames()
    {
        var path = Flavour.Build("gcc -O2 -g -nostdlib -static plain.c");
        using var folder = Flavour.Folder();
        using var store = new SymbolStore(s_nowhere);
        var copy = folder.Copy(path, "shrinks");
        var module = store.Open(new SymbolModule(copy));
        using (var file = File.OpenWrite(copy))
            file.SetLength(100);
        module.Resolve(Frames.AddressesOf(path, 40), AddressKind.Exact).FrameCount.ShouldBe(0);
        module.Reason.ShouldNotBeNull();
    }

    static FrameTable Resolve(byte[] file, ulong[] addresses)
    {
        using var store = new SymbolStore(s_nowhere, new SymbolLimits { Threads = 1 });
        var module = store.Open(new SymbolModule("/fuzz") { Open = () => new MemoryBytes(file) });
        module.FunctionAt(addresses[0]);
        module.ObjectAt(addresses[0]);
        return module.Resolve(addresses, AddressKind.Return);
    }

    /// <summary>Bits turned, bytes set to what breaks lengths, a piece copied over another; mostly where the debug information is.</summary>
    static byte[] Damage(byte[] file, Random random)
    {
        var damaged = (byte[])file.Clone();
        for (var hits = random.Next(1, 12); hits > 0; hits--)
        {
            var at = random.Next(random.Next(4) == 0 ? 0 : file.Length / 3, file.Length);
            switch (random.Next(4))
            {
                case 0: damaged[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: damaged[at] = (byte)(random.Next(2) == 0 ? 0xff : 0x80); break;
                case 2: damaged[at] = 0; break;
                default:
                    var length = Math.Min(random.Next(1, 16), file.Length - at);
                    file.AsSpan(random.Next(file.Length - length), length).CopyTo(damaged.AsSpan(at));
                    break;
            }
        }
        return damaged;
    }
}
