using VmAtlas.Capture.Clr.Helper.Interop;

namespace VmAtlas.Capture.Clr.Helper.Sandbox;

/// <summary>The same on Windows: privileges, children, and writing to what the user owns.</summary>
/// <remarks>Reading the user's files is not given up: the debugger library is opened only afterwards, and there is
/// no going back from an account that may read nothing.</remarks>
static unsafe class WindowsRights
{
    const uint TokenQuery = 0x8, TokenAdjustPrivileges = 0x20, TokenAdjustDefault = 0x80;
    const int TokenPrivileges = 3, TokenIntegrityLevel = 25, ChildProcessPolicy = 13;
    const uint Removed = 4, Integrity = 0x20;

    /// <summary>Says what the system accepted.</summary>
    public static string GiveUp()
    {
        var given = new List<string>();
        var noChildren = 1u;
        if (Kernel32.SetProcessMitigationPolicy(ChildProcessPolicy, &noChildren, sizeof(uint)) != 0)
            given.Add("no child processes");
        nint token;
        if (Advapi32.OpenProcessToken(Kernel32.CurrentProcess, TokenQuery | TokenAdjustPrivileges | TokenAdjustDefault, &token) == 0)
            return Text(given);
        if (RemovePrivileges(token))
            given.Add("no privileges");
        if (LowerIntegrity(token))
            given.Add("low integrity");
        _ = Kernel32.CloseHandle(token);
        return Text(given);
    }

    static string Text(List<string> given) => given.Count > 0 ? string.Join(", ", given) : "nothing";

    /// <summary>TOKEN_PRIVILEGES: how many, and 12 bytes each, whose last four are attributes.</summary>
    static bool RemovePrivileges(nint token)
    {
        const int privilegeBytes = 12, attributesAt = 8;
        var bytes = new byte[4096];
        fixed (byte* at = bytes)
        {
            uint got;
            if (Advapi32.GetTokenInformation(token, TokenPrivileges, at, (uint)bytes.Length, &got) == 0)
                return false;
            var count = Math.Min(*(uint*)at, (bytes.Length - sizeof(uint)) / privilegeBytes);
            for (var i = 0; i < count; i++)
                *(uint*)(at + sizeof(uint) + i * privilegeBytes + attributesAt) = Removed;
            return Advapi32.AdjustTokenPrivileges(token, 0, at, 0, null, null) != 0;
        }
    }

    /// <summary>S-1-16-4096, the mandatory label "low": what is not labelled so can not be written.</summary>
    static bool LowerIntegrity(nint token)
    {
        ReadOnlySpan<byte> low = [1, 1, 0, 0, 0, 0, 0, 16, 0, 0x10, 0, 0];
        fixed (byte* sid = low)
        {
            var label = new Advapi32.SidAndAttributes { Sid = sid, Attributes = Integrity };
            return Advapi32.SetTokenInformation(token, TokenIntegrityLevel, &label, (uint)(sizeof(Advapi32.SidAndAttributes) + low.Length)) != 0;
        }
    }
}
