using VmAtlas.Model;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Testing;

/// <summary>Names every function after its address.</summary>
public sealed class MadeUpSymbols : IFrameSource
{
    public void Resolve(TraceModule? module, ReadOnlySpan<ulong> addresses, CallNodeKind kind, IFrameReceiver into)
    {
        foreach (var address in addresses)
        {
            if (address % 3 == 0)
                into.Frame(System.Text.Encoding.UTF8.GetBytes($"inline_{address:x}"), "x.h"u8, 3, true);
            if (module is not null)
                into.Frame(System.Text.Encoding.UTF8.GetBytes($"f_{address:x}"), "ü.c"u8, (int)(address % 1000), false);
            into.EndAddress();
        }
    }
}
