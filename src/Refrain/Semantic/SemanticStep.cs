using Refrain.Vectors;

namespace Refrain;

/// <summary>A search for a near text, as far as it came without waiting for anything.</summary>
/// <param name="Nearest">The nearest in the index; of no meaning once it is done.</param>
/// <param name="IsDone">Whether there is nothing left to look at: if not, the nearest has to be read from the store, or was refused and others may do.</param>
/// <param name="Started">When it began; 0 where nobody wants to know.</param>
internal readonly record struct SemanticStep(VectorMatch Nearest, bool IsDone, long Started);
