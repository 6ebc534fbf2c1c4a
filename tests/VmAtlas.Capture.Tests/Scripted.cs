using VmAtlas.Model;

namespace VmAtlas.Capture.Tests;

/// <summary>An annotator that does what a test says.</summary>
sealed class Scripted(Action<AnnotationContext> act) : IAnnotator
{
    public string Name => "Scripted";

    public void Annotate(AnnotationContext context) => act(context);

    public static Snapshot Capture(FakeTarget target, Action<ClaimList> claim, CaptureOptions? options = null) =>
        new CapturePipeline(target, [new Scripted(c => claim(c.Claims))], options: options).Capture();
}
