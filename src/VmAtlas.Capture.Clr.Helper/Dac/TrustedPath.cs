using System.Runtime.InteropServices;
using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Dac;

/// <summary>Whether nobody but the administrator (or, for a helper that is not root, its own user) can have put a file where it is.</summary>
static unsafe class TrustedPath
{
    /// <summary>The path without symbolic links, if the file is regular, and it and every folder above it belong to root or to us and can be
    /// written by nobody else; else null. Root trusts root only.</summary>
    public static string? Resolve(string path)
    {
        var resolved = Libc.realpath(path, null);
        if (resolved == null)
            return null;
        var full = Marshal.PtrToStringUTF8((nint)resolved)!;
        NativeMemory.Free(resolved);
        if (!IsTrusted(full, mustBeFile: true))
            return null;
        for (var folder = Path.GetDirectoryName(full); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (!IsTrusted(folder, mustBeFile: false))
                return null;
        }
        return full;
    }

    static bool IsTrusted(string path, bool mustBeFile)
    {
        Libc.Statx status;
        const int currentFolder = -100, noFollow = 0x100;
        const uint basic = 0x7ff;
        const int groupOrOthersWrite = 0x12; // 022
        return Libc.statx(currentFolder, path, noFollow, basic, &status) == 0
            && (status.Uid == 0 || status.Uid == Libc.geteuid())
            && (status.Mode & groupOrOthersWrite) == 0
            && (mustBeFile ? status.IsRegular : status.IsFolder);
    }
}
