namespace Refrain.Gateway;

/// <summary>What one threshold does.</summary>
/// <param name="Threshold">Least similarity of a hit.</param>
/// <param name="ValidFound">Valid pairs that hit, by all valid pairs.</param>
/// <param name="InvalidAccepted">Invalid pairs that hit, by all invalid pairs.</param>
/// <param name="Wrong">Invalid pairs among the hits.</param>
internal readonly record struct ThresholdRow(float Threshold, double ValidFound, double InvalidAccepted, WrongShare Wrong);
