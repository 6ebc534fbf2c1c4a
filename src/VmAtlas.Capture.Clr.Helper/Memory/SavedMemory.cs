using Microsoft.Win32.SafeHandles;
using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Memory;

/// <summary>The memory of a dump, from the files that hold it.</summary>
sealed class SavedMemory : ITargetMemory
{
    readonly List<SavedPiece> _pieces;
    readonly Dictionary<string, SafeFileHandle> _files = [];

    /// <param name="pieces">Ascending; what overlaps or wraps around is left out.</param>
    public SavedMemory(List<SavedPiece> pieces)
    {
        _pieces = new List<SavedPiece>(pieces.Count);
        foreach (var piece in pieces)
        {
            if (piece.Size > 0 && piece.End > piece.Start && (_pieces.Count == 0 || piece.Start >= _pieces[^1].End) && Open(piece.Path))
                _pieces.Add(piece);
        }
    }

    public int Read(ulong address, Span<byte> into)
    {
        var done = 0;
        for (var i = IndexOf(address); done < into.Length && i < _pieces.Count && _pieces[i].Start <= address; i++)
        {
            var piece = _pieces[i];
            var length = (int)Math.Min((ulong)(into.Length - done), piece.End - address);
            var at = unchecked((long)(piece.Offset + (address - piece.Start)));
            var got = at < 0 ? 0 : RandomAccess.Read(_files[piece.Path], into.Slice(done, length), at);
            done += got;
            address += (ulong)got;
            if (got < length)
                break;
        }
        return done;
    }

    public void Refresh()
    {
        // A dump stays what it is.
    }

    public void Dispose()
    {
        foreach (var file in _files.Values)
            file.Dispose();
    }

    /// <summary>Opens a file once; only a regular one.</summary>
    bool Open(string path)
    {
        if (!_files.TryGetValue(path, out var file))
            _files.Add(path, file = OperatingSystem.IsWindows() ? OpenHere(path) : RegularFile.Open(path));
        return !file.IsInvalid;
    }

    static SafeFileHandle OpenHere(string path)
    {
        try
        {
            return File.OpenHandle(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new SafeFileHandle(); // as if it were not there: what it holds is not known
        }
    }

    /// <summary>The first piece that ends behind an address.</summary>
    int IndexOf(ulong address)
    {
        var (low, high) = (0, _pieces.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_pieces[middle].End <= address)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
