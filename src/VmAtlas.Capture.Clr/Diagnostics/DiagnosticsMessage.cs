using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace VmAtlas.Capture.Clr.Diagnostics;

/// <summary>Questions to a runtime's diagnostics server, and its answers (the Diagnostic IPC Protocol): a header of 20 bytes, "DOTNET_IPC_V1", length,
/// set and number of the command; then the payload. A connection serves one question.</summary>
static class DiagnosticsMessage
{
    const int HeaderBytes = 20;
    const byte EventPipeSet = 2, ProcessSet = 4, ServerSet = 0xff;

    static ReadOnlySpan<byte> Magic => "DOTNET_IPC_V1\0"u8;

    /// <summary>EventPipe, CollectTracing2: events of one provider, in nettrace's format.</summary>
    /// <param name="rundown">At the end the runtime tells all methods that it compiled or loaded.</param>
    public static byte[] StartSession(string provider, ulong keywords, uint level, uint bufferMib, bool rundown = false) => Message(EventPipeSet, 3, payload =>
    {
        const uint netTrace = 1, providers = 1, noFilter = 0;
        Write(payload, bufferMib);
        Write(payload, netTrace);
        payload.Write<byte>([rundown ? (byte)1 : (byte)0]);
        Write(payload, providers);
        Write(payload, keywords);
        Write(payload, level);
        Write(payload, provider);
        Write(payload, noFilter);
    });

    /// <summary>EventPipe, StopTracing.</summary>
    public static byte[] StopSession(ulong session) => Message(EventPipeSet, 1, payload => Write(payload, session));

    /// <summary>Process, ProcessInfo2.</summary>
    public static byte[] ProcessInfo() => Message(ProcessSet, 4, _ => { });

    /// <summary>Process, ResumeRuntime: it was to wait at its start for somebody who allows it to go on.</summary>
    public static byte[] Resume() => Message(ProcessSet, 1, _ => { });

    /// <summary>Process, SetEnvironmentVariable; null takes the variable away.</summary>
    public static byte[] SetVariable(string name, string? value) => Message(ProcessSet, 3, payload =>
    {
        Write(payload, name);
        if (value is null)
            Write(payload, 0u);
        else
            Write(payload, value);
    });

    /// <summary>The payload of the answer.</summary>
    /// <exception cref="InvalidDataException">It is no answer, or says that the question can not be answered.</exception>
    public static byte[] ReadAnswer(Stream stream)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        stream.ReadExactly(header);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(header[14..]);
        if (!header.StartsWith(Magic) || header[16] != ServerSet || length < HeaderBytes)
            throw new InvalidDataException("what listens where its runtime should does not answer like one");
        var payload = new byte[length - HeaderBytes];
        stream.ReadExactly(payload);
        if (header[17] != 0)
            throw new InvalidDataException($"its runtime refuses the question (error {(payload.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(payload) : 0):x})");
        return payload;
    }

    /// <summary>The runtime's version ("10.0.12") of what <see cref="ProcessInfo"/> is answered: process, cookie, then five texts, of which it is the last.</summary>
    public static string? VersionIn(ReadOnlySpan<byte> answer)
    {
        const int processAndCookie = 24, texts = 5, longest = 100;
        var left = answer.Length >= processAndCookie ? answer[processAndCookie..] : default;
        ReadOnlySpan<byte> text = default;
        for (var i = 0; i < texts; i++)
        {
            var end = left.Length >= 4 ? 4 + BinaryPrimitives.ReadUInt32LittleEndian(left) * 2L : long.MaxValue;
            if (end > left.Length)
                return null;
            text = left[4..(int)end];
            left = left[(int)end..];
        }
        var version = Encoding.Unicode.GetString(text).TrimEnd('\0').Split('+')[0];
        return version.Length is > 0 and < longest && version.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-') ? version : null;
    }

    static byte[] Message(byte set, byte command, Action<ArrayBufferWriter<byte>> writePayload)
    {
        var message = new ArrayBufferWriter<byte>();
        message.Write(Magic);
        message.Write<byte>([0, 0, set, command, 0, 0]);
        writePayload(message);
        var bytes = message.WrittenSpan.ToArray();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(14), (ushort)bytes.Length);
        return bytes;
    }

    static void Write(ArrayBufferWriter<byte> payload, string text)
    {
        Write(payload, (uint)text.Length + 1);
        payload.Write(Encoding.Unicode.GetBytes(text + '\0'));
    }

    static void Write(ArrayBufferWriter<byte> payload, uint value)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(payload.GetSpan(4), value);
        payload.Advance(4);
    }

    static void Write(ArrayBufferWriter<byte> payload, ulong value)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(payload.GetSpan(8), value);
        payload.Advance(8);
    }
}
