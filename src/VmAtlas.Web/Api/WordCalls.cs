using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using VmAtlas.Model;

namespace VmAtlas.Web.Api;

/// <summary>Words: what could be typed next in a filter, and what types, columns and terms mean.</summary>
static class WordCalls
{
    const int MostOffers = 40;

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/filter/complete", context =>
        {
            var text = context.Query("text") ?? "";
            var cursor = int.TryParse(context.Query("cursor"), out var at) ? Math.Clamp(at, 0, text.Length) : text.Length;
            var completion = FilterExpression.Complete(text, cursor);
            var offers = completion.Suggestions.Take(MostOffers)
                .Select(s => new OfferAnswer(s.Text, s.Doc, completion.Start, completion.Start + completion.Length)).ToArray();
            return context.WriteJson(offers, ApiJson.Default.OfferAnswerArray);
        });
        routes.MapGet("/api/glossary", context => context.WriteJson(Glossary, ApiJson.Default.GlossaryAnswerArray));
    }

    public static GlossaryAnswer[] Glossary =>
        [.. Model.Glossary.All.Select(e => new GlossaryAnswer(e.Kind.ToString(), e.Key, e.Title, e.Short, OrNull(e.More), OrNull(e.Linux), OrNull(e.Windows)))];

    static string? OrNull(string text) => text.Length == 0 ? null : text;
}
