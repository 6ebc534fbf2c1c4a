using VmAtlas.Cli.CommandLine;

namespace VmAtlas.Cli.Output;

/// <summary>One line on a terminal's stderr that is written over and over, and gone at the end; nothing where there is no terminal.</summary>
sealed class ProgressLine(Session session) : IDisposable
{
    bool _shown;

    public void Show(string text)
    {
        if (!session.ShowsProgress)
            return;
        session.Error.Write($"\r{text}\e[K");
        _shown = true;
    }

    /// <summary>A note that stays, above the line.</summary>
    public void Note(string sentence)
    {
        Clear();
        session.Note(sentence);
    }

    public void Clear()
    {
        if (_shown)
            session.Error.Write("\r\e[K");
        _shown = false;
    }

    public void Dispose() => Clear();
}
