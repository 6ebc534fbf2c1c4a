using System.Text.Json;
using VmAtlas.Formats;
using VmAtlas.Model;

namespace VmAtlas.Web.Sessions;

/// <summary>What the reader of the page chose, as one json object that only the page understands.</summary>
/// <param name="path">Null to keep nothing.</param>
sealed class SettingsFile(string? path)
{
    /// <summary>A file larger than this is none of ours.</summary>
    const long MostBytes = 64 * 1024;

    readonly Lock _lock = new();

    /// <summary>Null when there is none, or none that can be read: the page then begins with its own choices.</summary>
    public JsonElement? Read()
    {
        lock (_lock)
        {
            try
            {
                if (path is null || !File.Exists(path) || new FileInfo(path).Length > MostBytes)
                    return null;
                using var json = JsonDocument.Parse(File.ReadAllBytes(path));
                return json.RootElement.ValueKind == JsonValueKind.Object ? json.RootElement.Clone() : null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
            {
                return null;
            }
        }
    }

    /// <exception cref="VmAtlasException">No object, or the file can not be written.</exception>
    public void Write(JsonElement settings)
    {
        if (settings.ValueKind != JsonValueKind.Object)
            throw new VmAtlasException(Failure.Usage, "settings are a json object");
        if (path is null)
            return;
        lock (_lock)
        {
            try
            {
                SettingsFolder.Make(Path.GetDirectoryName(path)!);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new VmAtlasException(Failure.General, $"settings can not be kept: {e.Message}", e);
            }
            using var file = new ReplacedFile(path);
            file.Stream.Write(JsonSerializer.SerializeToUtf8Bytes(settings, Api.ApiJson.Default.JsonElement));
            file.Commit();
        }
    }
}
