using System.Reflection;
using Microsoft.Diagnostics.Runtime;

namespace VmAtlas.Capture.Clr.Helper;

/// <summary>Loads libraries while their files can still be reached.</summary>
/// <remarks>After the change of user a program installed below a home folder (mode 0700) could not load another library of its own.</remarks>
static class Preload
{
    public static void WhatIsNeeded()
    {
        foreach (var name in typeof(DataTarget).Assembly.GetReferencedAssemblies())
        {
            if (!name.Name!.StartsWith("Azure.", StringComparison.Ordinal) && name.Name != "Microsoft.Diagnostics.NETCore.Client")
                Assembly.Load(name);
        }
    }
}
