using VmAtlas.Model;

namespace VmAtlas.Capture.Linux.Memory;

/// <summary>A target whose mapped files can be opened. Ask for it, never assume it.</summary>
interface IMappedFiles
{
    /// <inheritdoc cref="LinuxTarget.OpenMapped"/>
    MappedFile? OpenMapped(BlockTable mappings, StringTable strings, int mapping);
}
