namespace VmAtlas.Capture.Linux.Runtimes.Jvm;

/// <summary>Finds where HotSpot keeps what it knows of classes, by some of the classes themselves.</summary>
/// <remarks>
/// Each class loader has a list of its classes. A class lies in the class space, its constants in the rest of metaspace; those of the shared archive (CDS) lie in
/// its file and tell nothing. A few thousand classes lead to all stretches but those that hold no class of a loader looked at.
/// </remarks>
static class JavaMetaspace
{
    const int MaxLoaders = 4096, MaxClasses = 1 << 14, PerLoader = 256;

    /// <summary>An address within, and whether it is of the class space.</summary>
    public static IEnumerable<(ulong Address, bool IsClass)> Samples(HotSpotFields fields)
    {
        var classes = 0;
        var loader = fields.Static("ClassLoaderDataGraph::_head") ?? 0;
        for (var loaders = 0; loader != 0 && loaders < MaxLoaders; loaders++)
        {
            var type = fields.Of(loader, "ClassLoaderData::_klasses") ?? 0;
            for (var i = 0; type != 0 && i < PerLoader && classes++ < MaxClasses; i++)
            {
                yield return (type, true);
                // A negative layout says that it is an array's class, which has no constants.
                if (fields.Int(type, "Klass::_layout_helper") is <= int.MaxValue && fields.Of(type, "InstanceKlass::_constants") is > 0 and var constants)
                    yield return (constants, false);
                type = fields.Of(type, "Klass::_next_link") ?? 0;
            }
            loader = fields.Of(loader, "ClassLoaderData::_next") ?? 0;
        }
    }
}
