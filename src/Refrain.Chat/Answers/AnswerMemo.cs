namespace Refrain.Chat;

/// <summary>
/// Answers that were read from their bytes not long ago, so that one which is asked for again and again is read once. Bounded by its number of places and by
/// the size of what a place may hold; a payload never changes, so an answer is never out of date, only no longer asked for.
/// </summary>
internal sealed class AnswerMemo
{
    /// <summary>Larger payloads are read each time.</summary>
    public const int PayloadSizeMax = 16 * 1024;

    /// <summary>At most 256 payloads of 16 KiB and their texts of twice that in UTF-16: 12 MiB. A power of two.</summary>
    private const int Places = 256;

    private readonly Place?[] _places = new Place?[Places];

    /// <summary>What was read last for each place: only what is read a second time is kept, so that answers asked for once push nothing out.</summary>
    private readonly int[] _last = new int[Places];

    /// <summary>Reads an answer, or remembers it.</summary>
    /// <param name="payload">Bytes of an entry. Told apart by where they are: the bytes of one place never change.</param>
    /// <returns>The answer, or null if the bytes are none.</returns>
    public StoredAnswer? Read(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length > PayloadSizeMax) return AnswerCodec.TryDecode(payload, out StoredAnswer? large) ? large : null;
        int hash = payload.GetHashCode();
        ref Place? place = ref _places[(uint)hash % Places];
        if (Volatile.Read(ref place) is { } known && known.Payload.Equals(payload)) return known.Answer;

        ref int last = ref _last[(uint)hash % Places];
        bool again = Volatile.Read(ref last) == hash;
        if (!AnswerCodec.TryDecode(payload, out StoredAnswer? answer, isShared: again)) return null;
        if (again) Volatile.Write(ref place, new Place(payload, answer));
        Volatile.Write(ref last, hash);
        return answer;
    }

    private sealed record Place(ReadOnlyMemory<byte> Payload, StoredAnswer Answer);
}
