namespace Refrain.Fuzz;

/// <summary>An input that the product did not survive.</summary>
/// <param name="Input">The bytes.</param>
/// <param name="What">What happened.</param>
internal sealed record Finding(byte[] Input, string What);
