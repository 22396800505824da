namespace Tidy.Tests;

/// <summary>A row of a format table.</summary>
/// <param name="Offset">Where the field begins: bytes from the start of the record.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Name">Its name in the code.</param>
/// <param name="Meaning">What it is.</param>
internal sealed record FormatField(string Offset, string Size, string Name, string Meaning);
