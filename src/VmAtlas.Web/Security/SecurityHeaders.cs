using Microsoft.AspNetCore.Http;

namespace VmAtlas.Web.Security;

/// <summary>What every answer tells the browser to forbid.</summary>
static class SecurityHeaders
{
    /// <summary>Scripts and styles only from our own files, nothing inline; no form, frame or foreign connection; text can not
    /// become markup (Trusted Types with no policy allowed).</summary>
    public const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
        + "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public static void Add(IHeaderDictionary headers, bool isApi)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.CacheControl = isApi ? "no-store" : "no-cache";
    }
}
