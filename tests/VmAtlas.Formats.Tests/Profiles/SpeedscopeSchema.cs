using System.Text.Json;

namespace VmAtlas.Formats.Tests.Profiles;

/// <summary>What https://www.speedscope.app/file-format-schema.json asks of a file with sampled profiles.</summary>
static class SpeedscopeSchema
{
    static readonly string[] s_units = ["bytes", "microseconds", "milliseconds", "nanoseconds", "none", "seconds"];

    public static void Check(JsonElement file)
    {
        Members(file, ["$schema", "profiles", "shared"], ["activeProfileIndex", "exporter", "name"]);
        file.GetProperty("$schema").GetString().ShouldBe("https://www.speedscope.app/file-format-schema.json");
        Members(file.GetProperty("shared"), ["frames"], []);
        var frames = 0;
        foreach (var frame in file.GetProperty("shared").GetProperty("frames").EnumerateArray())
        {
            Members(frame, ["name"], ["file", "line", "col"]);
            frame.GetProperty("name").ValueKind.ShouldBe(JsonValueKind.String);
            if (frame.TryGetProperty("line", out var line))
                line.GetDouble().ShouldBeGreaterThan(0);
            frames++;
        }
        file.GetProperty("activeProfileIndex").GetInt32().ShouldBeInRange(0, file.GetProperty("profiles").GetArrayLength() - 1);
        foreach (var profile in file.GetProperty("profiles").EnumerateArray())
            Check(profile, frames);
    }

    static void Check(JsonElement profile, int frames)
    {
        Members(profile, ["type", "name", "unit", "startValue", "endValue", "samples", "weights"], []);
        profile.GetProperty("type").GetString().ShouldBe("sampled");
        s_units.ShouldContain(profile.GetProperty("unit").GetString());
        profile.GetProperty("startValue").GetDouble().ShouldBe(0);
        var samples = profile.GetProperty("samples").EnumerateArray().ToList();
        samples.Count.ShouldBe(profile.GetProperty("weights").GetArrayLength());
        samples.ShouldAllBe(s => s.EnumerateArray().All(f => f.GetInt32() >= 0 && f.GetInt32() < frames));
        profile.GetProperty("weights").EnumerateArray().ShouldAllBe(w => w.GetDouble() > 0);
    }

    static void Members(JsonElement value, string[] required, string[] optional)
    {
        var names = value.EnumerateObject().Select(m => m.Name).ToList();
        required.ShouldBeSubsetOf(names);
        names.ShouldBeSubsetOf([.. required, .. optional]);
    }
}
