using System.Runtime.CompilerServices;
using System.Text;
using VmAtlas.Model;

namespace VmAtlas.Tracing.Session;

/// <summary>The modules an agent has told of, and which of them an address lies in now.</summary>
sealed unsafe class ModuleLog(byte* log)
{
    const int MaxModules = 100_000;

    readonly List<TraceModule> _modules = [];
    int _read;
    TraceModule? _last;

    /// <summary>Tells a sink of the records up to <paramref name="used"/> bytes. What is not a record ends the log.</summary>
    public void Tell(uint used, ITraceSink sink)
    {
        var end = (int)Math.Min(used, SessionLayout.LogSize);
        while (end - _read >= sizeof(ModuleRecord) && _modules.Count < MaxModules)
        {
            var record = Unsafe.ReadUnaligned<ModuleRecord>(log + _read);
            if (record.Size < sizeof(ModuleRecord) + record.IdLength + record.PathLength || record.Size > end - _read || record.End < record.Start)
            {
                _read = end;
                return;
            }
            var text = log + _read + sizeof(ModuleRecord);
            var module = new TraceModule(
                _modules.Count,
                Encoding.UTF8.GetString(text + record.IdLength, record.PathLength),
                AddressRange.Of(record.Start, record.End),
                record.Bias,
                Convert.ToHexStringLower(new ReadOnlySpan<byte>(text, record.IdLength)));
            _modules.Add(module);
            _last = null;
            sink.Module(module);
            _read += (int)record.Size;
        }
    }

    /// <summary>The newest module there; -1 when none is.</summary>
    public int IndexOf(ulong pc)
    {
        var address = new Address(pc);
        if (_last is { } same && same.Range.Contains(address))
            return same.Index;
        for (var i = _modules.Count - 1; i >= 0; i--)
            if (_modules[i].Range.Contains(address))
            {
                _last = _modules[i];
                return i;
            }
        return -1;
    }
}
