using System.Text.Json;
using VmAtlas.Cli.Output;
using VmAtlas.Cli.Verbs;

namespace VmAtlas.Cli.CommandLine;

/// <summary>Writes help for programs: what verbs and topics there are, a verb's arguments, options and examples, a topic's text.</summary>
static class HelpJson
{
    /// <param name="name">A verb or a topic; null for the list of them.</param>
    /// <exception cref="Model.VmAtlasException">There is none of that name.</exception>
    public static void Write(Utf8JsonWriter json, string? name)
    {
        json.WriteStartObject();
        if (name is null)
            WriteLists(json);
        else if (HelpTopics.All.FirstOrDefault(t => t.Name == name) is { } topic)
            WriteTopic(json, topic);
        else
            WriteVerb(json, VerbList.Find(name) ?? throw Help.NoHelp(name));
        json.WriteEndObject();
    }

    static void WriteLists(Utf8JsonWriter json)
    {
        WritePairs(json, "verbs", "verb", "description", VerbList.All.Select(v => (v.Name, v.Description!)));
        WritePairs(json, "topics", "topic", "title", HelpTopics.All.Select(t => (t.Name, t.Title)));
    }

    static void WriteTopic(Utf8JsonWriter json, HelpTopic topic)
    {
        using var text = new StringWriter();
        topic.Write(new Screen(text, ColourDepth.None, width: null));
        json.WriteString("topic", topic.Name);
        json.WriteString("title", topic.Title);
        json.WriteString("text", text.ToString());
    }

    static void WriteVerb(Utf8JsonWriter json, Verb verb)
    {
        json.WriteString("verb", verb.Name);
        json.WriteString("description", verb.Description);
        if (verb.Notes.Length > 0)
            json.WriteString("notes", verb.Notes);
        WritePairs(json, "arguments", "name", "description", verb.Arguments.Select(a => (a.Name, a.Description ?? "")));
        WritePairs(json, "options", "name", "description", verb.Options.Where(o => !o.Hidden).Select(o => (o.Name, o.Description ?? "")));
        WritePairs(json, "examples", "line", "means", verb.Examples.Select(e => (e.Line, e.Means)));
    }

    static void WritePairs(Utf8JsonWriter json, string list, string first, string second, IEnumerable<(string First, string Second)> pairs)
    {
        json.WriteStartArray(list);
        foreach (var pair in pairs)
        {
            json.WriteStartObject();
            json.WriteString(first, pair.First);
            json.WriteString(second, pair.Second);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
