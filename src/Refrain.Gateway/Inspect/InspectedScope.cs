namespace Refrain.Gateway;

/// <summary>One scope of the store.</summary>
/// <param name="Digest">Its seeded digest, in hexadecimal.</param>
/// <param name="EntryCount">Answers in it.</param>
/// <param name="EntryBytes">Their bytes as they are encoded.</param>
internal sealed record InspectedScope(string Digest, long EntryCount, long EntryBytes);
