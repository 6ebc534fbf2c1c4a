using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace VmAtlas.Web.Security;

/// <summary>The secret that a page must show with every call: 256 random bits, made anew for each server.</summary>
/// <remarks>
/// It reaches the page in the URL's fragment, which browsers send to no server and in no Referer, and comes back in an
/// <c>Authorization</c> header. Not a cookie: those ignore ports, so two servers would share them, and they ride along
/// with requests that other sites cause.
/// </remarks>
public sealed class AccessToken
{
    const string Scheme = "Bearer ";
    readonly byte[] _utf8;

    public AccessToken()
    {
        Text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _utf8 = Encoding.ASCII.GetBytes(Text);
    }

    /// <summary>43 characters of base64url.</summary>
    public string Text { get; }

    /// <summary>Whether an Authorization header carries this token; the comparison takes the same time wherever they differ.</summary>
    public bool IsIn(string? authorization) =>
        authorization is not null
        && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(authorization[Scheme.Length..]), _utf8);
}
