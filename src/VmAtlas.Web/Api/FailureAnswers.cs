using Microsoft.AspNetCore.Http;
using VmAtlas.Model;

namespace VmAtlas.Web.Api;

/// <summary>Turns failures of the calls into answers the page can show where they happened: <c>{"failure":"NotPermitted","message":"…"}</c>.</summary>
sealed class FailureAnswers(Action<string> log, RequestDelegate next)
{
    public async Task Invoke(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (VmAtlasException e) when (!context.Response.HasStarted)
        {
            await Answer(context, StatusOf(e.Failure), new FailureAnswer(e.Failure.ToString(), e.Message));
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Answer(context, e.StatusCode, new FailureAnswer(nameof(Failure.Usage), e.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The page went away or gave the call up: there is nobody to tell.
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            log($"{context.Request.Method} {context.Request.Path}: {e}");
            await Answer(context, StatusCodes.Status500InternalServerError,
                new FailureAnswer(nameof(Failure.General), $"VmAtlas itself failed ({e.GetType().Name}: {e.Message}); the terminal has the details"));
        }
    }

    static Task Answer(HttpContext context, int status, FailureAnswer answer)
    {
        context.Response.StatusCode = status;
        return context.WriteJson(answer, ApiJson.Default.FailureAnswer);
    }

    static int StatusOf(Failure failure) => failure switch
    {
        Failure.Usage => StatusCodes.Status400BadRequest,
        Failure.NotFound => StatusCodes.Status404NotFound,
        Failure.NotPermitted => StatusCodes.Status403Forbidden,
        Failure.TargetEnded => StatusCodes.Status410Gone,
        Failure.BadFile => StatusCodes.Status422UnprocessableEntity,
        _ => StatusCodes.Status500InternalServerError,
    };
}
