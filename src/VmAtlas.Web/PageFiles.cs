using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace VmAtlas.Web;

/// <summary>The built page, embedded in the assembly: the only thing that is readable without a token, and it holds no data.</summary>
/// <remarks>The file names are a closed list made from the resources' names, so no path from a request ever reaches a file system.</remarks>
sealed class PageFiles
{
    const string Prefix = "page/", Compressed = ".br";
    static readonly Assembly s_assembly = typeof(PageFiles).Assembly;
    readonly Dictionary<string, Entry> _files = [];

    sealed record Entry(string Resource, string? Brotli, string ContentType)
    {
        /// <summary>Made when first asked for: hashing is not for the start-up.</summary>
        public Lazy<string> Tag { get; } = new(() => $"\"{Convert.ToHexStringLower(SHA256.HashData(Open(Resource))[..12])}\"");
    }

    public PageFiles()
    {
        var names = s_assembly.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal)).ToHashSet();
        foreach (var name in names.Where(n => !n.EndsWith(Compressed, StringComparison.Ordinal)))
        {
            var brotli = name + Compressed;
            _files.Add("/" + name[Prefix.Length..], new Entry(name, names.Contains(brotli) ? brotli : null, ContentTypeOf(name)));
        }
        _files["/"] = _files["/index.html"];
    }

    /// <summary>Text of one file, for the report that carries the page in it.</summary>
    public static string ReadText(string path)
    {
        using var reader = new StreamReader(Open(Prefix + path));
        return reader.ReadToEnd();
    }

    public async Task Serve(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!_files.TryGetValue(request.Path.Value ?? "", out var file))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method))
        {
            response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            response.Headers.Allow = "GET, HEAD";
            return;
        }
        response.Headers.ETag = file.Tag.Value;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (request.Headers.IfNoneMatch == file.Tag.Value)
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var brotli = file.Brotli is not null && request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        if (brotli)
            response.Headers.ContentEncoding = "br";
        await using var content = Open(brotli ? file.Brotli! : file.Resource);
        response.ContentType = file.ContentType;
        response.ContentLength = content.Length;
        if (HttpMethods.IsGet(request.Method))
            await content.CopyToAsync(response.Body, context.RequestAborted);
    }

    static Stream Open(string resource) =>
        s_assembly.GetManifestResourceStream(resource) ?? throw new InvalidOperationException($"the assembly has no {resource}");

    static string ContentTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        _ => "application/octet-stream",
    };
}
