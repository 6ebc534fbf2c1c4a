using System.CommandLine;
using VmAtlas.Capture.Clr;

namespace VmAtlas.Cli.CommandLine;

/// <summary>The options that allow to disturb a .NET process to learn more of it, shared by the verbs that look at one.</summary>
sealed class RuntimeOptions
{
    readonly Option<bool> _ask = new("--ask-runtime")
    {
        Description = "Where no debugger library fits a .NET program: let its runtime tell its generations when it next collects, waiting 5 s at most. Starts a thread in it.",
    };

    readonly Option<bool> _induce = new("--induce-gc") { Description = "The same, and have it collect at once: all generations, with its threads waiting." };

    public RuntimeOptions(Command command)
    {
        command.Add(_ask);
        command.Add(_induce);
    }

    public ClrOptions Read(ParseResult arguments) => new()
    {
        AskRuntime = arguments.GetValue(_induce) ? AskRuntime.InduceCollection : arguments.GetValue(_ask) ? AskRuntime.Listen : AskRuntime.Never,
    };
}
