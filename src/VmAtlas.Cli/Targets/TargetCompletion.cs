using System.CommandLine.Completions;
using VmAtlas.Capture;

namespace VmAtlas.Cli.Targets;

/// <summary>What a shell offers for a target: names and ids of processes. Files the shell completes by itself.</summary>
static class TargetCompletion
{
    public static IEnumerable<CompletionItem> Complete(CompletionContext context)
    {
        var processes = Platform.Current.Processes(ProcessDetail.Totals);
        // A name with blanks or signs in it would have to be quoted for the shell: such a process has its pid.
        var names = processes.Select(p => p.Name).Where(n => n.Length > 0 && n.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'));
        return names.Distinct().Order(StringComparer.Ordinal).Concat(processes.Select(p => $"{p.Pid}")).Select(n => new CompletionItem(n));
    }
}
