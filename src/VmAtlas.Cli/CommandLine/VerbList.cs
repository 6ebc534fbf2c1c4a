using VmAtlas.Cli.Verbs;

namespace VmAtlas.Cli.CommandLine;

/// <summary>All verbs, in the order <c>--help</c> lists them. A verb is made only when it is asked for: most runs make one.</summary>
static class VerbList
{
    static readonly (string Name, Func<Verb> Make)[] s_verbs =
    [
        ("ps", () => new Ps()),
        ("show", () => new Show()),
        ("at", () => new At()),
        ("pages", () => new Pages()),
        ("strings", () => new Strings()),
        ("managed", () => new Managed()),
        ("diff", () => new Diff()),
        ("fragmentation", () => new FragmentationVerb()),
        ("heap", () => new Heap()),
        ("trace", () => new Trace()),
        ("sites", () => new Sites()),
        ("calltree", () => new CallTreeVerb()),
        ("allocations", () => new Allocations()),
        ("leaks", () => new Leaks()),
        ("events", () => new Events()),
        ("flamegraph", () => new FlameGraphVerb()),
        ("record", () => new Record()),
        ("timeline", () => new TimelineVerb()),
        ("export", () => new Export()),
        ("import", () => new Import()),
        ("snapshot", () => new SnapshotVerb()),
        ("trim", () => new Trim()),
        ("mark", () => new Mark()),
        ("open", () => new Open()),
        ("completion", () => new Completion()),
        ("help", () => new Help()),
    ];

    public static IEnumerable<string> Names => s_verbs.Select(v => v.Name);

    public static IEnumerable<Verb> All => s_verbs.Select(v => Ready(v.Make()));

    /// <summary>The verb of that name, or null.</summary>
    public static Verb? Find(string name)
    {
        foreach (var verb in s_verbs)
        {
            if (verb.Name == name)
                return Ready(verb.Make());
        }
        return null;
    }

    static Verb Ready(Verb verb)
    {
        verb.AddCommonOptions();
        return verb;
    }
}
