using VmAtlas.Cli.CommandLine;

return App.Run(args, Terminal.Surroundings());
