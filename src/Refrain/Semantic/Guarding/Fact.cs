namespace Refrain;

/// <summary>A fact in 32 bits: its kind in the upper 5, a payload of 27 below.</summary>
internal static class Fact
{
    /// <summary>Bits of the payload.</summary>
    internal const int PayloadBits = 27;

    /// <summary>Bits below the value of a number.</summary>
    internal const int NumberValueShift = 8;

    private const uint PayloadMask = (1u << PayloadBits) - 1;

    internal static uint Of(FactKind kind, uint payload) => ((uint)kind << PayloadBits) | (payload & PayloadMask);

    internal static FactKind KindOf(uint fact) => (FactKind)(fact >> PayloadBits);

    internal static uint PayloadOf(uint fact) => fact & PayloadMask;

    /// <summary>A number: 19 bits of its value, 7 of its unit, 1 that says the number may be mere manner of speech.</summary>
    internal static uint Number(ulong valueHash, int unit, bool loose) => ((uint)(valueHash >> 45) << 8) | ((uint)unit << 1) | (loose ? 1u : 0u);

    internal static uint NumberValueOf(uint payload) => payload >> 8;

    internal static int NumberUnitOf(uint payload) => (int)(payload >> 1) & 0x7F;

    internal static bool NumberIsLoose(uint payload) => (payload & 1) != 0;

    /// <summary>
    /// A content word: 23 bits of its key, then whether it denies by itself ("unspecified"), whether its opposites are of direction, on which side
    /// it stands, and whether a negation stands before it.
    /// </summary>
    internal static uint Word(ulong keyHash, bool denies, bool isDirection, bool isOpposite, bool isNegated) =>
        ((uint)(keyHash >> 41) << 4) | (denies ? 8u : 0u) | (isDirection ? 4u : 0u) | (isOpposite ? 2u : 0u) | (isNegated ? 1u : 0u);

    internal static uint WordKeyOf(uint payload) => payload >> 4;

    internal static bool WordDenies(uint payload) => (payload & 8) != 0;

    internal static bool WordIsDirection(uint payload) => (payload & 4) != 0;

    internal static bool WordIsOpposite(uint payload) => (payload & 2) != 0;

    internal static bool WordIsNegated(uint payload) => (payload & 1) != 0;

    /// <summary>A member of a closed class: 7 bits of class, 20 of member.</summary>
    internal static uint Alternative(int family, ulong memberHash) => ((uint)family << 20) | (uint)(memberHash >> 44);

    internal static uint AlternativeFamilyOf(uint payload) => payload >> 20;

    /// <summary>Anything told by its hash alone.</summary>
    internal static uint Hash(ulong hash) => (uint)(hash >> (64 - PayloadBits));
}
