using System.Text;

namespace VmAtlas.Formats.Import;

/// <summary>The lines of a text that nobody vouches for: a line that never ends takes no memory, and a text that unpacks without end no time.</summary>
/// <param name="longest">Characters of a line.</param>
/// <param name="most">Characters of all.</param>
sealed class BoundedLines(TextReader text, int longest, long most)
{
    readonly char[] _buffer = new char[1 << 16];
    readonly StringBuilder _begun = new();
    int _at, _end;
    long _read;

    /// <summary>Without its end; null behind the last.</summary>
    /// <exception cref="InvalidDataException">The line or the text is too long.</exception>
    public string? Next()
    {
        while (true)
        {
            if (_at == _end && !Fill())
                return _begun.Length > 0 ? Take("") : null;
            var rest = _buffer.AsSpan(_at, _end - _at);
            var length = rest.IndexOf('\n');
            var part = length < 0 ? rest : rest[..length];
            if (_begun.Length + part.Length > longest)
                throw new InvalidDataException($"it is longer than {longest} characters");
            _at += part.Length + (length < 0 ? 0 : 1);
            if (length >= 0)
                return Take(part);
            _begun.Append(part);
        }
    }

    string Take(ReadOnlySpan<char> end)
    {
        if (_begun.Length > 0)
        {
            var whole = _begun.Append(end).ToString();
            _begun.Clear();
            return whole.TrimEnd('\r');
        }
        return end.TrimEnd('\r').ToString();
    }

    bool Fill()
    {
        (_at, _end) = (0, text.Read(_buffer));
        _read += _end;
        return _read > most ? throw new InvalidDataException($"the text is longer than {most} characters, which no file of its size should be") : _end > 0;
    }
}
