using VmAtlas.Tracing.Windows;

namespace VmAtlas.Capture.Windows.Tests.MadeUp;

/// <summary>Arguments as Windows takes a command line apart again (CommandLineToArgvW).</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData(@"C:\a.exe|b", @"C:\a.exe b")]
    [InlineData(@"C:\Program Files\a.exe|b c", "\"C:\\Program Files\\a.exe\" \"b c\"")]
    [InlineData("a||b", "a \"\" b")]
    [InlineData("a|say \"so\"", "a \"say \\\"so\\\"\"")]
    [InlineData(@"a|C:\x y\", "a \"C:\\x y\\\\\"")]
    [InlineData(@"a|C:\xy\", @"a C:\xy\")]
    [InlineData("a|\\\\\"", "a \"\\\\\\\\\\\"\"")]
    public void Each_argument_is_quoted_where_it_must_be(string arguments, string line) => SuspendedProgram.CommandLine(arguments.Split('|')).ShouldBe(line);
}
