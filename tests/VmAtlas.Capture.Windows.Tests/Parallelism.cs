// The live tests watch processes and the one Wine server: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
