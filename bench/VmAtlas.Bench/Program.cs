using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using VmAtlas.Bench;

// "ratio" compares with what the system itself costs, in one run; "files" measures saved files, "stacks" threads' stacks against their goals; anything else goes to BenchmarkDotNet ("--filter *Smaps*").
if (args is ["ratio", .. var rest])
    return Ratio.Run(rest);
if (args is ["stacks", .. var counts])
    return StackFigures.Run(counts);
if (args is ["files", .. var sizes])
    return FileFigures.Run(sizes);
if (args is ["trace", .. var events])
    return TraceFigures.Run(events);
// In this process: the library builds a project of its own otherwise, and looks for ours below every folder, artifacts included.
BenchmarkSwitcher.FromAssembly(typeof(Ratio).Assembly).Run(args, DefaultConfig.Instance.AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance)));
return 0;
