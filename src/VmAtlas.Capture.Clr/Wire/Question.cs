namespace VmAtlas.Capture.Clr.Wire;

/// <summary>What the helper is asked, one byte each.</summary>
enum Question : byte
{
    Ranges = (byte)'r',
    RangesAndObjects = (byte)'o',
}
