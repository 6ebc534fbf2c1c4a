namespace VmAtlas.Symbols.Tests;

/// <summary>Frame by frame the same as what llvm-symbolizer and addr2line say, over compilers, levels and versions of DWARF.</summary>
public sealed class TruthTests
{
    public static TheoryData<string> Commands =>
    [
        "g++ -std=c++17 -O2 -g -gdwarf-5 shapes.cpp",
        "g++ -std=c++17 -O2 -g -gdwarf-4 shapes.cpp",
        "g++ -std=c++17 -O2 -g -gdwarf-3 shapes.cpp",
        "g++ -std=c++17 -O2 -g -gdwarf-5 -gdwarf64 shapes.cpp",
        "g++ -std=c++17 -O0 -g shapes.cpp",
        "g++ -std=c++17 -O2 -g1 shapes.cpp",
        "g++ -std=c++17 -O3 -g -flto shapes.cpp",
        "g++ -std=c++17 -O2 -g -static -no-pie shapes.cpp",
        "g++ -std=c++17 -O2 -g -ffunction-sections -Wl,--gc-sections shapes.cpp",
        "g++ -std=c++17 -O2 -g -fdebug-types-section shapes.cpp",
        "clang++ -std=c++17 -O2 -g -gdwarf-5 shapes.cpp",
        "clang++ -std=c++17 -O2 -g -gdwarf-4 shapes.cpp",
        "clang++ -std=c++17 -O2 -gline-tables-only shapes.cpp",
        "clang++ -std=c++17 -O1 -g -fuse-ld=lld -ffunction-sections -Wl,--gc-sections shapes.cpp",
        "clang++ -std=c++17 -O2 -g -flto -fuse-ld=lld shapes.cpp",
        "gcc -O2 -g -nostdlib -static plain.c",
        "gcc -O2 -g -gdwarf-4 -m32 -nostdlib -static plain.c",
        "gcc -O2 -g -DNESTED -nostdlib -static plain.c",
        "clang -O2 -g -nostdlib -static plain.c",
        "rustc --edition=2021 -g -Copt-level=2 crate.rs",
        "rustc --edition=2021 -g -Copt-level=1 -Csymbol-mangling-version=v0 crate.rs",
    ];

    [Theory]
    [MemberData(nameof(Commands))]
    public void Frames_are_those_of_llvm_symbolizer(string command)
    {
        Shell.SkipWithout("llvm-symbolizer", "nm");
        var program = Flavour.Build(command);
        var addresses = Frames.AddressesOf(program);
        Frames.ShouldAgree(program, addresses, Frames.Ours(program, addresses), Frames.OfLlvm(program, addresses));
    }

    [Theory]
    [InlineData("g++ -std=c++17 -O2 -g -gdwarf-5 shapes.cpp")]
    [InlineData("g++ -std=c++17 -O2 -g -gdwarf-4 shapes.cpp")]
    [InlineData("gcc -O2 -g -nostdlib -static plain.c")]
    public void Files_and_lines_of_all_frames_are_those_of_addr2line(string command)
    {
        Shell.SkipWithout("addr2line", "nm");
        var program = Flavour.Build(command);
        var addresses = Frames.AddressesOf(program);
        Frames.ShouldAgree(program, addresses, Frames.Places(Frames.Ours(program, addresses)), Frames.Places(Frames.OfAddr2Line(program, addresses)));
    }
}
