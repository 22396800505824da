namespace Refrain.Gateway;

/// <summary>A file of the data directory.</summary>
/// <param name="Name">Its name.</param>
/// <param name="SizeBytes">Its length.</param>
internal sealed record InspectedFile(string Name, long SizeBytes);
