namespace Refrain.Benchmarks;

/// <summary>An index that is asked for the nearest vector of each query.</summary>
internal interface IContender
{
    /// <summary>Its name in the table.</summary>
    string Name { get; }

    /// <summary>Asks all queries, one after the other.</summary>
    /// <param name="queries">The queries.</param>
    /// <param name="effort">What the contender calls its effort: ef, the candidates it keeps.</param>
    /// <returns>For each query the number of the vector that was found, -1 for none, and the time.</returns>
    (int Id, double Microseconds)[] Ask(VectorSet queries, int effort);
}
