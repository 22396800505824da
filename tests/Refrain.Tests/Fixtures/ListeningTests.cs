namespace Refrain.Tests;

/// <summary>Tests that listen to the whole process: none runs beside them, since whoever is listened to allocates.</summary>
[CollectionDefinition(nameof(ListeningTests), DisableParallelization = true)]
public sealed class ListeningTests;
