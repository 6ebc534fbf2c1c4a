namespace VmAtlas.Capture.Clr.Helper;

/// <summary>Why the helper can not help, in a sentence for people.</summary>
sealed class HelperException(string message) : Exception(message);
