using System.Globalization;
using System.Text.Json;
using VmAtlas.Model.Tracing;

namespace VmAtlas.Formats.Profiles;

/// <summary>Call stacks for people and for programs.</summary>
public sealed class StackText(NodeFrames frames)
{
    /// <summary>Callers named in one line.</summary>
    const int Callers = 5;

    public NodeFrames Frames => frames;

    /// <summary>The function that asked, with file and line: what people look for first. Operators new stand for whoever used them.</summary>
    public string Leaf(uint site)
    {
        var stack = frames.Stack(site).ToList();
        return stack.Count == 0 ? "(no stack)" : OneFrame(stack[FirstOwn(stack)]);
    }

    /// <summary>"← main ← __libc_start_main".</summary>
    public string CallersOf(uint site)
    {
        var stack = frames.Stack(site).ToList();
        if (stack.Count == 0)
            return "";
        var callers = stack.Skip(FirstOwn(stack) + 1).Select(f => frames.Texts[f.Function]).ToList();
        return string.Concat(callers.Take(Callers).Select(c => $" ← {c}")) + (callers.Count > Callers ? $" ← {callers.Count - Callers} more" : "");
    }

    public string OneFrame(StackFrame frame)
    {
        var function = frames.Texts[frame.Function];
        return frame.File == 0 ? function
            : string.Create(CultureInfo.InvariantCulture, $"{function}  {Short(frames.Texts[frame.File])}:{frame.Line}");
    }

    /// <summary>Leaf first.</summary>
    public void WriteJson(Utf8JsonWriter json, uint site)
    {
        json.WritePropertyName("stack");
        WriteFrames(json, site);
    }

    /// <summary>The bare array.</summary>
    public void WriteFrames(Utf8JsonWriter json, uint site)
    {
        json.WriteStartArray();
        foreach (var frame in frames.Stack(site))
        {
            json.WriteStartObject();
            json.WriteString("function", frames.Texts[frame.Function]);
            WriteText(json, "module", frame.Module);
            WriteText(json, "file", frame.File);
            if (frame.Line == 0)
                json.WriteNull("line");
            else
                json.WriteNumber("line", frame.Line);
            json.WriteBoolean("inlined", frame.IsInlined);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    void WriteText(Utf8JsonWriter json, string name, int text)
    {
        if (text == 0)
            json.WriteNull(name);
        else
            json.WriteString(name, frames.Texts[text]);
    }

    int FirstOwn(List<StackFrame> stack)
    {
        var i = stack.FindIndex(f => !frames.Texts[f.Function].StartsWith("operator new", StringComparison.Ordinal));
        return Math.Max(0, i);
    }

    static string Short(string path) => path[(path.LastIndexOf('/') + 1)..];
}
