using System.Numerics;
using System.Runtime.CompilerServices;

namespace Refrain.Vectors;

/// <summary>
/// The links of the nodes, in their slots. Every link has one that leads back. Written under the writer's lock; read without, so that whoever follows one checks where it leads.
/// Any thread may read links; everything else is for one thread at a time, because it works in a buffer of its own.
/// </summary>
/// <param name="arena">The slots.</param>
internal sealed unsafe class Links(Arena arena)
{
    /// <summary>Links that a node always keeps when others push theirs out.</summary>
    private const int DegreeMin = 4;

    /// <summary>Of a full list, so many of the farthest are looked at when one must go.</summary>
    private const int LosersLookedAt = 8;

    private readonly int _linksOffset = arena.Layout.LinksOffset;
    private readonly NativeBlock _anchor = new(arena.Layout.CodeLength);
    private float _anchorScale;
    private int _anchorBias;

    /// <summary>The links of a node: slots plus one; 0 for none, anywhere among the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint* Of(uint slot) => (uint*)(arena.Record(slot) + _linksOffset);

    public int DegreeOf(uint slot)
    {
        uint* links = Of(slot);
        int degree = 0;
        for (int i = 0; i < RecordLayout.LinkCount; i++)
            if (links[i] != 0)
                degree++;
        return degree;
    }

    /// <summary>Links two nodes with each other; a full one lets a neighbour go for it, if it can spare one.</summary>
    /// <returns>False: one of them could not.</returns>
    public bool TryConnect(uint a, uint b)
    {
        if (a == b || Has(a, b))
            return false;
        if (!TryMakeRoom(a, b) || !TryMakeRoom(b, a))
            return false;
        Put(a, b);
        Put(b, a);
        return true;
    }

    /// <summary>Takes a node out: its neighbours forget it, and are linked with each other where it was what linked them.</summary>
    public void Remove(uint slot)
    {
        uint* own = Of(slot);
        Span<uint> neighbours = stackalloc uint[RecordLayout.LinkCount];
        int count = 0;
        for (int i = 0; i < RecordLayout.LinkCount; i++)
        {
            uint neighbour = own[i] - 1;
            own[i] = 0;
            // What the disk made of a link may lead anywhere.
            if (neighbour < arena.SlotCount && neighbour != slot && Take(neighbour, slot))
                neighbours[count++] = neighbour;
        }
        neighbours = neighbours[..count];
        Reconnect(neighbours);
    }

    /// <summary>Cuts links that lead nowhere, elsewhere or one way only: what a process that died left half done.</summary>
    public void Mend(uint slot)
    {
        uint* links = Of(slot);
        var own = (RecordHeader*)arena.Record(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
        {
            if (links[i] == 0)
                continue;
            uint other = links[i] - 1;
            bool good = other < arena.SlotCount && other != slot;
            if (good)
            {
                var there = (RecordHeader*)arena.Record(other);
                good = there->Version != 0 && there->NamespaceLow == own->NamespaceLow && there->NamespaceHigh == own->NamespaceHigh && Has(other, slot);
            }
            for (int j = 0; good && j < i; j++)
                good = links[j] != links[i];
            if (!good)
                links[i] = 0;
        }
    }

    /// <summary>Sets what <see cref="Similarity"/> compares with.</summary>
    public void Anchor(uint slot)
    {
        var header = (RecordHeader*)arena.Record(slot);
        _anchorScale = header->Scale;
        _anchorBias = 128 * CodeLoops.Signed((byte*)header + RecordHeader.HeaderSize, (sbyte*)_anchor.Pointer, arena.Layout.CodeLength);
    }

    /// <summary>Cosine of a stored code and the anchor, by their bytes.</summary>
    public float Similarity(uint slot)
    {
        var header = (RecordHeader*)arena.Record(slot);
        return (Kernel.DotCodes((byte*)header + RecordHeader.HeaderSize, (sbyte*)_anchor.Pointer, arena.Layout.CodeLength) - _anchorBias) * header->Scale * _anchorScale;
    }

    private bool Has(uint slot, uint other)
    {
        uint* links = Of(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
            if (links[i] == other + 1)
                return true;
        return false;
    }

    private void Put(uint slot, uint other)
    {
        uint* links = Of(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
            if (links[i] == 0)
            {
                Volatile.Write(ref links[i], other + 1);
                return;
            }
    }

    private bool Take(uint slot, uint other)
    {
        uint* links = Of(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
            if (links[i] == other + 1)
            {
                Volatile.Write(ref links[i], 0);
                return true;
            }
        return false;
    }

    /// <summary>Makes sure that a node has a free place for a newcomer: of the farthest neighbours, the first goes that another neighbour leads to anyway.</summary>
    private bool TryMakeRoom(uint slot, uint newcomer)
    {
        uint* links = Of(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
        {
            // A link that the disk damaged may lead beyond all slots: it makes room.
            if (links[i] > arena.SlotCount)
                Volatile.Write(ref links[i], 0);
            if (links[i] == 0)
                return true;
            Kernel.PrefetchRange(arena.Record(links[i] - 1), arena.Layout.RestOffset);
        }
        Span<(float Similarity, uint Slot)> neighbours = stackalloc (float, uint)[RecordLayout.LinkCount];
        Anchor(slot);
        for (int i = 0; i < RecordLayout.LinkCount; i++)
            neighbours[i] = (Similarity(links[i] - 1), links[i] - 1);
        float fresh = Similarity(newcomer);
        neighbours.Sort(static (a, b) => a.Similarity.CompareTo(b.Similarity));
        uint loser = SlotList.Removed;
        for (int i = 0; i < LosersLookedAt; i++)
        {
            (float similarity, uint candidate) = neighbours[i];
            if (DegreeOf(candidate) <= DegreeMin)
                continue;
            if (loser == SlotList.Removed && similarity < fresh)
                loser = candidate;
            Anchor(candidate);
            bool dominated = Similarity(newcomer) > similarity;
            for (int j = i + 1; j < neighbours.Length && !dominated; j++)
                dominated = Similarity(neighbours[j].Slot) > similarity;
            if (!dominated)
                continue;
            loser = candidate;
            break;
        }
        if (loser == SlotList.Removed)
            return false;
        Take(slot, loser);
        Take(loser, slot);
        return true;
    }

    /// <summary>
    /// Links the neighbours of a removed node with each other by the rule that chose their links: nearest first, and none that is nearer to one already linked. A full node is left
    /// alone, unless another would be left with nothing.
    /// </summary>
    private void Reconnect(ReadOnlySpan<uint> nodes)
    {
        Span<float> similarities = stackalloc float[RecordLayout.LinkCount * RecordLayout.LinkCount];
        for (int i = 1; i < nodes.Length; i++)
        {
            Anchor(nodes[i]);
            for (int j = 0; j < i; j++)
                similarities[i * RecordLayout.LinkCount + j] = similarities[j * RecordLayout.LinkCount + i] = Similarity(nodes[j]);
        }
        Span<(float Similarity, int Node)> candidates = stackalloc (float, int)[RecordLayout.LinkCount];
        for (int i = 0; i < nodes.Length; i++)
        {
            ReadOnlySpan<float> near = similarities.Slice(i * RecordLayout.LinkCount, nodes.Length);
            int count = 0;
            uint linked = 0;
            for (int j = 0; j < nodes.Length; j++)
            {
                if (Has(nodes[i], nodes[j]))
                    linked |= 1u << j;
                else if (j != i)
                    candidates[count++] = (near[j], j);
            }
            candidates[..count].Sort(static (a, b) => b.Similarity.CompareTo(a.Similarity));
            bool isAlone = DegreeOf(nodes[i]) == 0;
            foreach ((float similarity, int j) in candidates[..count])
            {
                if (DegreeOf(nodes[i]) == RecordLayout.LinkCount)
                    break;
                bool reached = false;
                for (uint left = linked; left != 0 && !reached; left &= left - 1)
                    reached = similarities[BitOperations.TrailingZeroCount(left) * RecordLayout.LinkCount + j] > similarity;
                if (!reached && (isAlone || DegreeOf(nodes[j]) < RecordLayout.LinkCount) && TryConnect(nodes[i], nodes[j]))
                    linked |= 1u << j;
            }
        }
    }
}
