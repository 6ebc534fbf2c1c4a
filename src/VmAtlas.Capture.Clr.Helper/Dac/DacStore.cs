using VmAtlas.Capture.Clr.Detection;

namespace VmAtlas.Capture.Clr.Helper.Dac;

/// <summary>A debugger library of one build of the runtime.</summary>
/// <param name="Version">The runtime's version by the folder it lies in ("10.0.12"); null when the folder has no such name.</param>
sealed record DacFile(string Path, string? Version);

/// <summary>The debugger libraries of the .NET runtimes installed on this machine.</summary>
/// <remarks>
/// A debugger library is native code that runs in the helper. It is taken from where .NET is installed and from nowhere else, and only if
/// <see cref="TrustedPath"/> agrees; never because it lies beside the target's runtime, where whoever made the target can put what
/// he likes. It fits if the runtime beside it has the target's build id, or, for a runtime linked into a program, if it has the build id
/// that the runtime asks for. A target can lie about its build and then gets a library that misreads it, nothing worse.
/// </remarks>
sealed class DacStore(IReadOnlyList<string> roots)
{
    const string Framework = "shared/Microsoft.NETCore.App";

    static readonly (string Library, string Runtime) s_names =
        OperatingSystem.IsWindows() ? ("mscordaccore.dll", "coreclr.dll") : ("libmscordaccore.so", "libcoreclr.so");

    public static DacStore OfThisMachine() => OperatingSystem.IsWindows() ? OfWindows() : OfLinux();

    /// <summary>The folder of the helper itself, which brings its own runtime, and Program Files, where only administrators write.</summary>
    static DacStore OfWindows() =>
        new([AppContext.BaseDirectory, Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet")]);

    /// <summary>Where .NET is installed by its own rules: the install location file, the usual folders, where the helper's own
    /// runtime is, DOTNET_ROOT, and runtime packages of NuGet.</summary>
    static DacStore OfLinux()
    {
        var roots = new List<string?>
        {
            Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "../../..")),
            Environment.GetEnvironmentVariable("DOTNET_ROOT"),
            InstallLocation(),
            "/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet", "/opt/dotnet",
        };
        return new DacStore([.. roots.OfType<string>().Where(r => r.Length > 0).Distinct(), .. NuGetFolders()]);
    }

    /// <summary>The library for a runtime, or null when none that is trusted fits.</summary>
    public DacFile? Find(RuntimeIdentity runtime)
    {
        foreach (var folder in roots.SelectMany(Folders))
        {
            var library = Path.Combine(folder, s_names.Library);
            if (!Fits(folder, runtime) || (OperatingSystem.IsWindows() ? library : TrustedPath.Resolve(library)) is not { } path)
                continue;
            return new DacFile(path, VersionOf(folder) ?? OwnVersion(folder));
        }
        return null;
    }

    static bool Fits(string folder, RuntimeIdentity runtime) =>
        runtime.DacBuildId is { } dac ? FileBuildId(Path.Combine(folder, s_names.Library)) == dac
        : runtime.RuntimeBuildId is { } own && FileBuildId(Path.Combine(folder, s_names.Runtime)) == own;

    static IEnumerable<string> Folders(string root)
    {
        var versions = Path.Combine(root, Framework);
        return Directory.Exists(versions) ? Directory.EnumerateDirectories(versions) : [root];
    }

    static IEnumerable<string> NuGetFolders()
    {
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set ? set
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget/packages");
        var rid = $"linux-{System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        var package = Path.Combine(packages, $"microsoft.netcore.app.runtime.{rid}");
        return Directory.Exists(package)
            ? Directory.EnumerateDirectories(package).Select(v => Path.Combine(v, "runtimes", rid, "native"))
            : [];
    }

    static string? InstallLocation()
    {
        const string file = "/etc/dotnet/install_location";
        return File.Exists(file) ? File.ReadLines(file).FirstOrDefault()?.Trim() : null;
    }

    static string? VersionOf(string folder) =>
        folder.Split('/', '\\').LastOrDefault(part => part.Length > 0 && char.IsAsciiDigit(part[0]) && part.Contains('.'));

    /// <summary>A self-contained helper runs on the runtime that lies beside it.</summary>
    static string? OwnVersion(string folder) => folder == AppContext.BaseDirectory ? Environment.Version.ToString() : null;

    /// <summary>A file's build id, read as if the file were loaded: its notes lie where its first segment has them.</summary>
    static string? FileBuildId(string path)
    {
        if (!File.Exists(path))
            return null;
        using var file = File.OpenHandle(path);
        return OperatingSystem.IsWindows() ? RuntimeIdentity.ReadPeBuildId(Read, 0) : ElfModule.TryOpen(Read, 0)?.ReadBuildId();

        int Read(ulong at, Span<byte> into) => RandomAccess.Read(file, into, (long)at);
    }
}
