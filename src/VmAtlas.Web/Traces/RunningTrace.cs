using VmAtlas.Model;
using VmAtlas.Tracing;

namespace VmAtlas.Web.Traces;

/// <summary>A trace between its begin and its end, whichever way it began.</summary>
sealed class RunningTrace
{
    static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    readonly Action _untilEnd, _stop;
    readonly TaskCompletionSource<VmAtlasException?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    RunningTrace(Action untilEnd, Action stop) => (_untilEnd, _stop) = (untilEnd, stop);

    /// <summary>How the trace ended: what went wrong, or null.</summary>
    public Task<VmAtlasException?> End => _end.Task;

    /// <summary>Of a program that was launched. When it is stopped somebody still has to wait for our child's own end.</summary>
    public static RunningTrace Of(LaunchedTrace trace)
    {
        RunningTrace running = null!;
        return running = new RunningTrace(Wait, Stop).Begin();

        void Wait()
        {
            using (trace)
                trace.Wait();
        }

        void Stop()
        {
            trace.LetGo();
            running._end.TrySetResult(null);
        }
    }

    /// <summary>Of a process that was attached to.</summary>
    public static RunningTrace Of(AttachedTrace trace)
    {
        var stop = new ManualResetEventSlim();
        return new RunningTrace(UntilEnd, stop.Set).Begin();

        void UntilEnd()
        {
            using (trace)
            {
                while (!stop.Wait(s_look) && !trace.IsTargetGone)
                {
                }
                trace.Detach();
            }
        }
    }

    /// <summary>Ends the trace and waits until everything that it saw is told.</summary>
    public void Stop()
    {
        _stop();
        _end.Task.Wait();
    }

    RunningTrace Begin()
    {
        new Thread(Run) { IsBackground = true, Name = "trace" }.Start();
        return this;
    }

    void Run()
    {
        VmAtlasException? failure = null;
        try
        {
            _untilEnd();
        }
        catch (VmAtlasException e)
        {
            failure = e;
        }
        _end.TrySetResult(failure);
    }
}
