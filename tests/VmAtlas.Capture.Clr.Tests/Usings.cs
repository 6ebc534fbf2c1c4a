global using VmAtlas.Capture.Linux;
global using VmAtlas.Model;
global using VmAtlas.Testing;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]
