namespace VmAtlas.Symbols.Bytes;

/// <summary>The bytes of a file, or of an object's image in memory.</summary>
public interface IFileBytes : IDisposable
{
    /// <summary>Bytes there are; a reader never asks for any behind them.</summary>
    long Length { get; }

    /// <summary>Copies bytes from an offset on; returns how many, less than asked, or 0, where there are no more or they can not be read.</summary>
    int Read(long offset, Span<byte> into);
}
