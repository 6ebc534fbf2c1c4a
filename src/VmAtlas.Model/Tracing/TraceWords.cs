namespace VmAtlas.Model.Tracing;

/// <summary>Operations and functions of a trace as people write them.</summary>
public static class TraceWords
{
    public static string Function(TraceFunction function) => function switch
    {
        TraceFunction.None => "?",
        TraceFunction.PosixMemalign => "posix_memalign",
        TraceFunction.AlignedAlloc => "aligned_alloc",
        TraceFunction.OperatorNew => "operator new",
        TraceFunction.OperatorNewArray => "operator new[]",
        TraceFunction.OperatorDelete => "operator delete",
        TraceFunction.OperatorDeleteArray => "operator delete[]",
        TraceFunction.ManagedNew => "new object",
        _ => function.ToString().ToLowerInvariant(),
    };

    public static string Operation(TraceOperation operation) => operation switch
    {
        TraceOperation.MoveBreak => "move-break",
        TraceOperation.AttachShared => "attach-shared",
        TraceOperation.DetachShared => "detach-shared",
        _ => operation.ToString().ToLowerInvariant(),
    };

    /// <summary>Null where no operation is called so.</summary>
    public static TraceOperation? ParseOperation(string word)
    {
        foreach (var operation in Enum.GetValues<TraceOperation>())
        {
            if (operation != TraceOperation.None && Operation(operation) == word)
                return operation;
        }
        return null;
    }
}
