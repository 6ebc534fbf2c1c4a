namespace VmAtlas.Capture;

/// <summary>A target that can say at a fraction of the cost of a snapshot what changed since its mappings were last read.</summary>
/// <remarks>
/// It tells whether the mappings are the same, and of which rows the resident, private or swapped pages changed. It does not see what only a full
/// reading has: Dirty, Referenced, Locked, PSS (which other processes change), and swapped shared memory. So a recorder may skip a
/// snapshot when nothing changed, but should take one now and then all the same.
/// </remarks>
public interface IRefreshable
{
    /// <summary>Compares the target with the table filled by the last <see cref="ICaptureTarget.ReadMappings"/>, which must still hold
    /// those rows and is not changed.</summary>
    /// <returns>False when it can not tell: nothing was read yet, pages may not be looked at, or the target is gone. Take a snapshot then.</returns>
    bool TryRefresh(out ChangeSet changes);
}

/// <summary>What changed since the last reading. Good until the next call on the same target.</summary>
/// <param name="Mappings">Whether mappings came, went, or changed their range, protection, file or name; then no rows are told.</param>
/// <param name="Rows">Rows of the last reading whose resident, private or swapped pages are not as many as they were, ascending.</param>
public readonly record struct ChangeSet(bool Mappings, ReadOnlyMemory<int> Rows)
{
    public bool IsEmpty => !Mappings && Rows.IsEmpty;
}
