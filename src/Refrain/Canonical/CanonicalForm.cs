using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Refrain;

/// <summary>How what makes two requests the same is written as bytes: typed, length-prefixed, exact UTF-8. Nothing is normalised or folded.</summary>
/// <remarks>
/// A scope is the version byte, then the tenant, then its fields in the order they were added. A field is a kind, the UTF-8 length and bytes of its name,
/// and the length and bytes of its value. Lengths are 32 bits, little-endian. No field can run into the next, whatever it holds.
/// </remarks>
internal static class CanonicalForm
{
    /// <summary>Version of this form; the first byte of every scope, so another form can never make equal bytes.</summary>
    internal const byte Version = 1;

    internal const byte KindNull = 0;
    internal const byte KindText = 1;
    internal const byte KindInteger = 2;
    internal const byte KindReal = 3;
    internal const byte KindTruth = 4;
    internal const byte KindBytes = 5;

    /// <summary>Writes <paramref name="text"/> as exact UTF-8.</summary>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">The text holds a surrogate without its partner: two such texts could otherwise be written alike.</exception>
    internal static int WriteUtf8(ReadOnlySpan<char> text, Span<byte> destination, string parameter)
    {
        if (!TryWriteUtf8(text, destination, out int written, out int malformedIndex))
            ThrowMalformed(malformedIndex, parameter);
        return written;
    }

    internal static bool TryWriteUtf8(ReadOnlySpan<char> text, Span<byte> destination, out int written, out int malformedIndex) =>
        Utf8.FromUtf16(text, destination, out malformedIndex, out written, replaceInvalidSequences: false) == OperationStatus.Done;

    /// <summary>The longest UTF-8 that <paramref name="charCount"/> UTF-16 units can become.</summary>
    internal static int Utf8SizeMax(int charCount) => checked(charCount * 3);

    /// <summary>Exact UTF-8 of a text, in an array of its own.</summary>
    /// <exception cref="ArgumentException">The text is malformed UTF-16.</exception>
    internal static byte[] ToUtf8(ReadOnlySpan<char> text, string parameter)
    {
        using var buffer = ScratchBuffer.Take(Utf8SizeMax(text.Length));
        int size = WriteUtf8(text, buffer.Span, parameter);
        return buffer.Span[..size].ToArray();
    }

    /// <summary>The text of exact UTF-8 that this process or another wrote.</summary>
    internal static string ToText(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    /// <summary>The tenant that a scope's bytes begin with, or null if they are no scope of this version.</summary>
    internal static string? TenantOf(ReadOnlySpan<byte> scope)
    {
        if (scope.Length < 5 || scope[0] != Version)
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(scope[1..]);
        return length > 0 && length <= scope.Length - 5 && Utf8.IsValid(scope.Slice(5, length)) ? ToText(scope.Slice(5, length)) : null;
    }

    internal static void WriteLength(Span<byte> destination, int length) => BinaryPrimitives.WriteInt32LittleEndian(destination, length);

    [DoesNotReturn]
    internal static void ThrowMalformed(int index, string parameter) => throw new ArgumentException(
        $"The text is malformed UTF-16: the surrogate at index {index} has no partner. Replace it, or do not cache this request.", parameter);
}
