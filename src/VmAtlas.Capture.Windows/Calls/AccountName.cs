using System.Runtime.InteropServices;

namespace VmAtlas.Capture.Windows.Calls;

/// <summary>The account of a process, by its token.</summary>
static unsafe class AccountName
{
    const uint TokenQuery = 8, TokenUser = 1;
    const int MostCharacters = 256;

    /// <summary>Writes "domain\name".</summary>
    public static int Of(nint process, byte* into, int length, out uint error)
    {
        nint token;
        if (Native.OpenProcessToken(process, TokenQuery, &token) == 0)
            return Fail(out error);
        var user = stackalloc byte[128];
        uint got;
        var known = Native.GetTokenInformation(token, TokenUser, user, 128, &got);
        error = known != 0 ? 0 : (uint)Marshal.GetLastPInvokeError();
        _ = Native.CloseHandle(token);
        if (known == 0)
            return 0;
        char* name = stackalloc char[MostCharacters], domain = stackalloc char[MostCharacters];
        uint nameLength = MostCharacters, domainLength = MostCharacters, use;
        if (Native.LookupAccountSidW(0, *(void**)user, name, &nameLength, domain, &domainLength, &use) == 0)
            return Fail(out error);
        var whole = $@"{new string(domain)}\{new string(name)}";
        return whole.AsSpan().TryCopyTo(new Span<char>(into, length / 2)) ? whole.Length * 2 : 0;
    }

    static int Fail(out uint error)
    {
        error = Math.Max(1, (uint)Marshal.GetLastPInvokeError());
        return 0;
    }
}
