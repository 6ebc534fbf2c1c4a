using VmAtlas.Model;

namespace VmAtlas.Formats.Vmatlas.Traces;

/// <summary>Appends traces to a <c>.vmatlas</c> file while they are recorded, beside the snapshots.</summary>
public sealed class TraceWriter(TimelineWriter file) : ITraceObserver
{
    readonly List<TraceRecording> _recordings = [];

    public TraceRecording Begin(TraceProcess process)
    {
        lock (_recordings)
        {
            var recording = new TraceRecording(file, (uint)_recordings.Count, process);
            _recordings.Add(recording);
            return recording;
        }
    }

    ITraceSink ITraceObserver.Begin(TraceProcess process) => Begin(process);

    /// <summary>Writes what is held back for larger chunks. Call it every second or so: whatever ends the recorder then costs no more than that.</summary>
    public void Flush()
    {
        lock (_recordings)
        {
            foreach (var recording in _recordings)
                recording.Flush();
        }
    }
}
