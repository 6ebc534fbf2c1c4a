using System.CommandLine.Completions;

namespace VmAtlas.Cli.Targets;

/// <summary>What a shell offers for a target: names of processes. Files the shell completes by itself.</summary>
static class TargetCompletion
{
    public static IEnumerable<CompletionItem> Complete(CompletionContext context) => [];
}
