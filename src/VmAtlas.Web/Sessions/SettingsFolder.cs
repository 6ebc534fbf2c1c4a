namespace VmAtlas.Web;

/// <summary>Where a user's choices are kept.</summary>
static class SettingsFolder
{
    /// <summary>Only its user may look into it.</summary>
    public static void Make(string folder)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
