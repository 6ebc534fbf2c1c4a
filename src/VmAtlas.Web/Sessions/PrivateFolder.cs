namespace VmAtlas.Web.Sessions;

/// <summary>A temporary folder that only this user can look into (mode 0700), gone with everything in it when it is disposed of.</summary>
sealed class PrivateFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmatlas-");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        if (Directory.Exists(_folder.FullName))
            _folder.Delete(recursive: true);
    }
}
