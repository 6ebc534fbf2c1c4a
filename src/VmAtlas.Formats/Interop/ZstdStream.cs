namespace VmAtlas.Formats.Interop;

/// <summary>What was packed with zstd, read from front to back by the system's own library. Its memory is bounded: a frame that wants a window of more than 128 MiB is
/// refused, as zstd(1) refuses it.</summary>
sealed unsafe class ZstdStream : Stream
{
    readonly Stream _packed;
    readonly byte[] _from = new byte[1 << 17];
    nint _state;
    int _at, _end;
    bool _inFrame;

    /// <exception cref="DllNotFoundException">The library is not here.</exception>
    public ZstdStream(Stream packed) => (_packed, _state) = (packed, Zstd.ZSTD_createDStream());

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The packed bytes are damaged, or end too early.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty)
            return 0;
        while (true)
        {
            if (_at == _end)
                (_at, _end) = (0, _packed.Read(_from));
            var written = Unpack(buffer);
            if (written > 0)
                return written;
            if (_end > 0)
                continue;
            return _inFrame ? throw new InvalidDataException("what zstd packed ends too early") : 0;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _ = Zstd.ZSTD_freeDStream(Interlocked.Exchange(ref _state, 0)); // nothing is to be done about 0
        if (disposing)
            _packed.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>Also without new bytes: some may be ready that found no room before.</summary>
    int Unpack(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_state == 0, this);
        fixed (byte* to = buffer, from = _from)
        {
            var (output, input) = (new Zstd.Span { Bytes = to, Size = (nuint)buffer.Length }, new Zstd.Span { Bytes = from, Size = (nuint)_end, Position = (nuint)_at });
            var left = Zstd.ZSTD_decompressStream(_state, &output, &input);
            if (Zstd.ZSTD_isError(left) != 0)
                throw new InvalidDataException("what zstd packed is damaged");
            if ((int)input.Position > _at || output.Position > 0)
                _inFrame = left != 0;
            _at = (int)input.Position;
            return (int)output.Position;
        }
    }
}
