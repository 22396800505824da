namespace Refrain.Gateway;

/// <summary>What one guard removes and what it costs, among the pairs at or above a threshold.</summary>
/// <param name="Guard">The guard.</param>
/// <param name="InvalidRefused">False hits it removes.</param>
/// <param name="ValidRefused">True hits it costs.</param>
internal readonly record struct GuardRow(Guards Guard, int InvalidRefused, int ValidRefused);
