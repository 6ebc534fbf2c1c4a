using VmAtlas.Model;

namespace VmAtlas.Formats;

/// <summary>What the file system refuses, as sentences.</summary>
public static class FileErrors
{
    public static T Open<T>(string path, Func<T> open)
    {
        try
        {
            return open();
        }
        catch (FileNotFoundException e)
        {
            throw new VmAtlasException(Failure.NotFound, $"there is no file {path}", e);
        }
        catch (DirectoryNotFoundException e)
        {
            throw new VmAtlasException(Failure.NotFound, $"there is no folder {Path.GetDirectoryName(path)} for {path}", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new VmAtlasException(Failure.NotPermitted, $"{path} can not be opened: it is not permitted, or it is a folder", e);
        }
        catch (IOException e)
        {
            throw new VmAtlasException(Failure.General, $"{path} can not be opened or written: {e.Message}", e);
        }
    }
}
