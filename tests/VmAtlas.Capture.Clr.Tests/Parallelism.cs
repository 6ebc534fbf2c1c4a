// Tests that kill helpers find them as children of the test program, and would take another test's helper for their own.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
