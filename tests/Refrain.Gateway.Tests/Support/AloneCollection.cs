namespace Refrain.Gateway.Tests;

/// <summary>Tests that run while no other does.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
