using System.Security.Cryptography;
using System.Text;
using VmAtlas.Testing;

namespace VmAtlas.Symbols.Tests;

/// <summary>A program of the folder Programs, built in one way. Built once, and again when its source or the command changes.</summary>
static class Flavour
{
    static readonly string s_sources = Path.Combine(Repository.Root, "tests", "VmAtlas.Symbols.Tests", "Programs");
    static readonly string s_out = Path.Combine(Repository.Root, "artifacts", "targets", "symbols");
    static readonly Lock s_lock = new();

    /// <summary>The file that a command such as "g++ -O2 -g shapes.cpp" makes.</summary>
    public static string Build(string command)
    {
        var words = command.Split(' ');
        Shell.SkipWithout(words[0]);
        var source = Path.Combine(s_sources, words[^1]);
        var key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(command + File.ReadAllText(source))))[..12];
        var target = Path.Combine(s_out, $"{Path.GetFileNameWithoutExtension(source)}-{key}");
        lock (s_lock)
        {
            if (File.Exists(target))
                return target;
            Directory.CreateDirectory(s_out);
            Shell.Run(words[0], [.. words[1..^1], source, "-o", target + ".new"]);
            File.Move(target + ".new", target);
        }
        return target;
    }

    /// <summary>A folder for one test, deleted afterwards.</summary>
    public static TemporaryFolder Folder() => new();
}

sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-symbols-");

    public string this[string name] => Path.Combine(_folder.FullName, name);

    /// <summary>A copy of a file in this folder.</summary>
    public string Copy(string file, string name)
    {
        File.Copy(file, this[name]);
        return this[name];
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
