using VmAtlas.Capture.Clr.Allocations;
using VmAtlas.Model;
using VmAtlas.Model.Tracing;
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

    /// <summary>Knows the methods of the .NET process that was attached to, at the trace's end; null for any other.</summary>
    public IFrameSource? Runtime { get; private set; }

    /// <summary>Of a process that was attached to.</summary>
    public static RunningTrace Of(AttachedTrace trace)
    {
        var stop = new ManualResetEventSlim();
        RunningTrace running = null!;
        return running = new RunningTrace(UntilEnd, stop.Set).Begin();

        void UntilEnd()
        {
            using (trace)
            {
                while (!stop.Wait(s_look) && !trace.IsTargetGone)
                {
                }
                trace.Detach();
                if (ManagedTrace.IsManaged(trace.Pid))
                    running.Runtime = ManagedCode.NamesOf(trace.Pid);
            }
        }
    }

    /// <summary>Ends the trace and waits until everything that it saw is told.</summary>
    public void Stop()
    {
        _stop();
        _end.Task.Wait();
    }

    /// <summary>Of the objects of a .NET process that was asked for them.</summary>
    public static RunningTrace Of(ManagedTrace trace)
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
                trace.Stop();
            }
        }
    }

    /// <summary>Of the objects of .NET programs that were launched. Runtimes that begin after it was stopped are met, and let go on.</summary>
    public static RunningTrace Of(ManagedLaunch launch, StartedProgram program)
    {
        RunningTrace running = null!;
        return running = new RunningTrace(Wait, Stop).Begin();

        void Wait()
        {
            using (launch)
            {
                var (ending, value) = program.Wait();
                launch.Finish(program.Pid, ending, value);
            }
        }

        void Stop()
        {
            launch.LetGo();
            running._end.TrySetResult(null);
        }
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
