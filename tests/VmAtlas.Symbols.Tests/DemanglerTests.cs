using System.Text;
using VmAtlas.Symbols.Demangling;

namespace VmAtlas.Symbols.Tests;

public sealed class DemanglerTests
{
    static string Demangle(string name) => Demangler.Demangle(Encoding.UTF8.GetBytes(name));

    [Theory]
    [InlineData("_Z1fv", "f()")]
    [InlineData("_ZN3app6WidgetD1Ev", "app::Widget::~Widget()")]
    [InlineData("_ZTVN3app6WidgetE", "vtable for app::Widget")]
    [InlineData("_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)")]
    [InlineData("_ZNSs6appendEPKc", "std::string::append(char const*)")]
    [InlineData("_ZN12_GLOBAL__N_14mainEv", "(anonymous namespace)::main()")]
    [InlineData("_ZlsRSoRK1A", "operator<<(std::ostream&, A const&)")]
    [InlineData("_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const")]
    [InlineData("_Z3fooILi3EEvRAT__i", "void foo<3>(int (&) [3])")]
    [InlineData("_Z1fPFivEM1AKFvvE", "f(int (*)(), void (A::*)() const)")]
    [InlineData("_Z1gIJidEEvDpOT_", "void g<int, double>(int&&, double&&)")]
    [InlineData("_ZN1AcvbEv", "A::operator bool()")]
    [InlineData("_Z3fooi.constprop.0", "foo(int) [clone .constprop.0]")]
    [InlineData("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad")]
    [InlineData("_ZN45_$LT$T$u20$as$u20$alloc..string..ToString$GT$9to_string17h0123456789abcdefE", "<T as alloc::string::ToString>::to_string")]
    [InlineData("_RNvC6_123foo3bar", "123foo::bar")]
    [InlineData("_RINvC1a1fmpE", "a::f::<u32, _>")]
    [InlineData("_RNvNtNtCs1234_7mycrate3foo3bar3baz", "mycrate::foo::bar::baz")]
    [InlineData("_RNCNvC1a1b0", "a::b::{closure#0}")]
    [InlineData("_RNvC1au3_xn", "_RNvC1au3_xn")]
    [InlineData("malloc", "malloc")]
    [InlineData("_Z", "_Z")]
    [InlineData("_ZN", "_ZN")]
    public void Names_are_written_as_people_write_them(string name, string expected) => Demangle(name).ShouldBe(expected);

    [Fact]
    public void All_names_of_the_CPlusPlus_library_are_those_of_cPlusPlusfilt() => ShouldBeAsCxxFilt("libstdc++.so.6", []);

    /// <summary>c++filt puts brackets around names in decltype of a call that need none.</summary>
    [Fact]
    public void All_names_of_a_big_program_are_those_of_cPlusPlusfilt() => ShouldBeAsCxxFilt("libLLVM-14.so.1", ["decltype"]);

    [Fact]
    public void All_names_of_Rust_programs_are_those_of_rustfilt()
    {
        Shell.SkipWithout("nm", "rustfilt");
        foreach (var mangling in (string[])["legacy", "v0"])
        {
            var program = Flavour.Build(mangling == "v0" ? "rustc --edition=2021 -g -Copt-level=1 -Csymbol-mangling-version=v0 crate.rs" : "rustc --edition=2021 -g -Copt-level=2 crate.rs");
            var names = Shell.Run("nm", [program]).Split('\n').Select(l => l.Split(' ')[^1])
                .Where(n => n.StartsWith("_R", StringComparison.Ordinal) || n.StartsWith("_ZN", StringComparison.Ordinal)).Distinct().ToArray();
            names.Length.ShouldBeGreaterThan(20);
            names.Select(Demangle).ShouldBe(Shell.Run("rustfilt", [], string.Join('\n', names) + "\n").TrimEnd('\n').Split('\n'));
        }
    }

    [Fact]
    public void A_short_name_that_stands_for_an_endless_text_stays_as_it_is()
    {
        // Each template argument is the one before it twice.
        var name = new StringBuilder("_Z1fI");
        name.Append("1aIiiE");
        for (var i = 0; i < 40; i++)
            name.Append($"1bIS{(i == 0 ? "" : Base36(i * 2 - 1))}_S{(i == 0 ? "" : Base36(i * 2 - 1))}_E");
        name.Append("EvT_");
        Demangle(name.ToString()).Length.ShouldBeLessThan(1 << 18);
    }

    [Fact]
    public void A_deep_name_ends_with_itself_and_not_with_the_program()
    {
        var deep = "_Z1f" + new string('P', 60_000) + "i";
        Demangle(deep).ShouldBe(deep);
        var nested = "_Z1fv" + string.Concat(Enumerable.Range(0, 20_000).Select(i => "PS_"));
        Demangle(nested).ShouldNotBeNull();
        var rust = "_RNvC1a1bI" + new string('R', 60_000) + "u";
        Demangle(rust).ShouldBe(rust);
    }

    [Fact]
    public void Random_damage_never_breaks_it()
    {
        Shell.SkipWithout("nm");
        var names = Names("libstdc++.so.6").Select(Encoding.UTF8.GetBytes).ToArray();
        var random = new Random(5);
        for (var round = 0; round < 200_000; round++)
        {
            var name = (byte[])names[random.Next(names.Length)].Clone();
            for (var hits = random.Next(1, 4); hits > 0; hits--)
                name[random.Next(2, name.Length)] = (byte)random.Next(33, 127);
            if (random.Next(8) == 0)
                name[1] = (byte)'R';
            Demangler.TryDemangle(name)?.Length.ShouldBeLessThan(1 << 18);
        }
    }

    static string Base36(int value) => value < 36 ? $"{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[value]}" : Base36(value / 36) + Base36(value % 36);

    static void ShouldBeAsCxxFilt(string library, string[] except)
    {
        Shell.SkipWithout("nm", "c++filt");
        var names = Names(library);
        names.Length.ShouldBeGreaterThan(3000);
        var theirs = Shell.Run("c++filt", ["-i"], string.Join('\n', names) + "\n").TrimEnd('\n').Split('\n');
        theirs.Length.ShouldBe(names.Length);
        var different = names.Zip(theirs).Where(p => Plain(Demangle(p.First)) != Plain(p.Second) && !except.Any(e => p.Second.Contains(e, StringComparison.Ordinal))).ToArray();
        different.ShouldBeEmpty(string.Join('\n', different.Take(5).Select(d => $"{d.First}\n  ours   {Demangle(d.First)}\n  theirs {d.Second}")));
    }

    static string[] Names(string library)
    {
        var file = Directory.GetFiles("/usr/lib/x86_64-linux-gnu", library).FirstOrDefault();
        Assert.SkipWhen(file is null, $"{library} is not installed");
        return [.. Shell.Run("nm", ["-D", file!]).Split('\n').Select(l => l.Split(' ')[^1].Split('@')[0]).Where(n => n.StartsWith("_Z", StringComparison.Ordinal)).Distinct()];
    }

    /// <summary>c++filt shows an empty pack as an argument without a name, and then forgets the space between two brackets.</summary>
    static string Plain(string name) =>
        name.Replace("> >", ">>", StringComparison.Ordinal).Replace("> >", ">>", StringComparison.Ordinal).Replace(", , ", ", ", StringComparison.Ordinal).Replace("(, ", "(", StringComparison.Ordinal);
}
