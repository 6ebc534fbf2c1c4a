namespace VmAtlas.Capture.Linux.Tests.Odd;

/// <summary>Tests that give the whole machine swap or let it merge pages: no other test runs meanwhile, or its target's pages would be
/// swapped and merged too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ChangedMachine
{
    public const string Name = "the machine is changed";
}
