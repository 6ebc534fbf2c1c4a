using BenchmarkDotNet.Running;
using VmAtlas.Bench;

// "ratio" compares with what the system itself costs, in one run; anything else goes to BenchmarkDotNet ("--filter *Smaps*").
if (args is ["ratio", .. var rest])
    return Ratio.Run(rest);
BenchmarkSwitcher.FromAssembly(typeof(Ratio).Assembly).Run(args);
return 0;
