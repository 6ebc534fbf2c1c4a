namespace VmAtlas.Model;

/// <summary>Adds up the regions of each file in two snapshots.</summary>
static class ModuleChanges
{
    sealed class Module
    {
        public int RegionsBefore, RegionsAfter;
        public MeasureSet Before, After;
    }

    public static List<ModuleChange> Of(SnapshotDiff diff)
    {
        var modules = new Dictionary<string, Module>(StringComparer.Ordinal);
        var measures = Enumerable.Range(0, Measures.Count).Select(m => (Measure)m).Where(diff.Has).ToArray();
        Add(diff.Before, modules, measures, (m, values) =>
        {
            m.RegionsBefore++;
            m.Before.Add(values);
        });
        Add(diff.After, modules, measures, (m, values) =>
        {
            m.RegionsAfter++;
            m.After.Add(values);
        });
        return [.. modules.OrderBy(m => m.Key, StringComparer.Ordinal).Select(m =>
            new ModuleChange(m.Key, m.Value.RegionsBefore, m.Value.RegionsAfter, Known(m.Value.Before), Known(m.Value.After)))];

        // A file that is only in one of the two has nothing in the other, which is known and zero.
        MeasureSet Known(MeasureSet set)
        {
            foreach (var measure in measures)
                set.Add(measure, 0);
            return set;
        }
    }

    static void Add(Snapshot snapshot, Dictionary<string, Module> modules, Measure[] measures, Action<Module, MeasureSet> add)
    {
        var rows = new SnapshotRows(snapshot, RowLevel.Region);
        var columns = measures.Select(rows.Values).ToArray();
        for (var r = 0; r < rows.Count; r++)
        {
            var path = snapshot.Regions.Details[r];
            if (snapshot.Regions.Types[r] > MemoryType.Shareable || path == 0)
                continue;
            var values = new MeasureSet();
            for (var m = 0; m < measures.Length; m++)
                values.Set(measures[m], columns[m][r]);
            var name = snapshot.Strings[path];
            if (!modules.TryGetValue(name, out var module))
                modules[name] = module = new Module();
            add(module, values);
        }
    }
}
