using System.Collections;

namespace Refrain.Vectors;

/// <summary>Compares what the index finds with what it holds. Runs beside searches and writes, and keeps neither waiting.</summary>
/// <param name="arena">The slots.</param>
/// <param name="writer">Who knows the namespaces.</param>
/// <param name="searcher">What is examined.</param>
/// <param name="rotation">How vectors are rotated.</param>
/// <param name="contexts">Lends what a search needs.</param>
internal sealed unsafe class Inspector(Arena arena, Writer writer, Searcher searcher, Rotation rotation, ContextPool contexts)
{
    private const float QuerySimilarity = 0.8f;

    private readonly Scorer _scorer = new(arena, rotation.Dimensions);
    private readonly Links _links = new(arena);

    /// <param name="sampleCount">Queries for the recall.</param>
    /// <param name="now">Milliseconds since 1970.</param>
    public VectorIndexInspection Inspect(int sampleCount, long now)
    {
        (int tried, int right) = MeasureRecall(sampleCount, now);
        int linked = 0, unreachable = 0, degreeMin = int.MaxValue;
        long degrees = 0;
        foreach (Namespace space in writer.Namespaces)
        {
            SlotList list = space.List;
            uint[] covered = Covered(space.Id, list, list.LinkedCount);
            linked += covered.Length;
            unreachable += CountUnreachable(covered);
            foreach (uint slot in covered)
            {
                int degree = _links.DegreeOf(slot);
                degrees += degree;
                degreeMin = Math.Min(degreeMin, degree);
            }
        }
        (nint Address, long Size)[] blocks;
        lock (writer.Writing)
            blocks = [.. arena.Blocks, .. writer.Blocks];
        return new VectorIndexInspection
        {
            SampleCount = tried,
            Recall = (double)right / tried,
            LinkedCount = linked,
            UnreachableCount = unreachable,
            DegreeMin = linked == 0 ? 0 : degreeMin,
            DegreeMean = linked == 0 ? 0 : (double)degrees / linked,
            MappedSize = blocks.Sum(block => block.Size),
            HugePageSize = HugePages.SizeWithin(blocks),
        };
    }

    private (int Tried, int Right) MeasureRecall(int sampleCount, long now)
    {
        int tried = 0, right = 0;
        uint slotCount = arena.SlotCount;
        var matches = new VectorMatch[1];
        // A sample of slots, some of which may be free.
        for (long attempt = 0; attempt < 20L * sampleCount && tried < sampleCount && slotCount > 0; attempt++)
        {
            uint slot = (uint)Random.Shared.NextInt64(slotCount);
            var header = (RecordHeader*)arena.Record(slot);
            UInt128 id = header->Namespace;
            if (!header->IsCurrent || !writer.TryGet(id, out Namespace? space))
                continue;
            SearchContext context = contexts.Rent(toSearch: true);
            try
            {
                float* query = context.Vector;
                Quantiser.Decode((byte*)header + RecordHeader.HeaderSize, header->Scale, query, rotation.PaddedDimensions);
                Turn(new Span<float>(query, rotation.Dimensions));
                context.EncodeQuery();
                context.Now = now;
                // Both look at the same moment.
                context.Snapshot = arena.Committed;
                float best = NearestOfAll(context, id, space.List);
                if (float.IsNegativeInfinity(best))
                    continue;
                tried++;
                right += searcher.Find(context, space, matches, -1, null) == 1 && matches[0].Similarity >= best - _scorer.FineError(best) ? 1 : 0;
            }
            finally
            {
                context.Return();
            }
        }
        return (tried, right);
    }

    /// <summary>Turns a vector, in a random direction, until it is at the cosine of a query to what it was.</summary>
    private static void Turn(Span<float> vector)
    {
        // Of a random direction in so many dimensions next to nothing lies along the vector.
        float[] noise = [.. Enumerable.Range(0, vector.Length).Select(_ => (float)(Random.Shared.NextDouble() + Random.Shared.NextDouble() - 1))];
        float length = MathF.Sqrt(noise.Sum(number => number * number));
        float across = MathF.Sqrt(1 - QuerySimilarity * QuerySimilarity) / length;
        for (int i = 0; i < vector.Length; i++)
            vector[i] = QuerySimilarity * vector[i] + across * noise[i];
    }

    private float NearestOfAll(SearchContext context, UInt128 space, SlotList list)
    {
        float coarse = float.NegativeInfinity, best = float.NegativeInfinity;
        foreach (uint slot in list.Slots)
        {
            if (slot == SlotList.Removed || !_scorer.TryScore(context, space, slot, out float similarity) || similarity < coarse - 2 * _scorer.CoarseError)
                continue;
            coarse = Math.Max(coarse, similarity);
            if (_scorer.TryScoreFine(context, space, slot, out VectorMatch match))
                best = Math.Max(best, match.Similarity);
        }
        return best;
    }

    private uint[] Covered(UInt128 space, SlotList list, int linked)
    {
        var covered = new List<uint>(linked);
        foreach (uint slot in list.Slots[..linked])
            if (slot < arena.SlotCount && ((RecordHeader*)arena.Record(slot))->IsCurrent && ((RecordHeader*)arena.Record(slot))->Namespace == space)
                covered.Add(slot);
        return [.. covered];
    }

    /// <summary>How many of the nodes of a graph lie outside its largest connected part.</summary>
    private int CountUnreachable(uint[] nodes)
    {
        var open = new BitArray((int)arena.SlotCount);
        foreach (uint node in nodes)
            open[(int)node] = true;
        var waiting = new Stack<uint>();
        int largest = 0;
        foreach (uint start in nodes)
        {
            if (!open[(int)start])
                continue;
            open[(int)start] = false;
            waiting.Push(start);
            int size = 0;
            for (; waiting.TryPop(out uint node); size++)
            {
                uint* links = _links.Of(node);
                for (int i = 0; i < RecordLayout.LinkCount; i++)
                {
                    uint other = Volatile.Read(ref links[i]) - 1;
                    if (other >= open.Length || !open[(int)other])
                        continue;
                    open[(int)other] = false;
                    waiting.Push(other);
                }
            }
            largest = Math.Max(largest, size);
        }
        return nodes.Length - largest;
    }
}
