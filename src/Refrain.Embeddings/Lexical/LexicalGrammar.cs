namespace Refrain.Embeddings;

/// <summary>What a word does beside its neighbours. English.</summary>
internal static class LexicalGrammar
{
    /// <summary>Gives each token the role that its place makes of it.</summary>
    internal static void SettleRoles(Span<LexicalToken> tokens)
    {
        int start = 0, end = tokens.Length;
        while (start < end && IsPolite(tokens[start])) tokens[start++].Role = WordRole.Filler;
        while (end > start && IsPolite(tokens[end - 1])) tokens[--end].Role = WordRole.Filler;
        for (int i = start; i < end; i++)
        {
            ref LexicalToken token = ref tokens[i];
            if (token.Role == WordRole.Greeting) token.Role = WordRole.Content;

            // "Could not" tells what was; "could you" asks.
            bool isPast = token.Word == LexicalWords.Could && i + 1 < end && LexicalWords.ClassOf(tokens[i + 1].Word) == LexicalWords.Negation;
            if (isPast) token.Word = LexicalWords.Did;
        }

        if (end > start && LexicalWords.IsParticle(tokens[end - 1].Word)) tokens[end - 1].Role = WordRole.Question;
    }

    /// <summary>Whether the tokens begin with a subject, go on with an auxiliary verb, and hold no question word.</summary>
    internal static bool IsStatement(ReadOnlySpan<LexicalToken> tokens)
    {
        int start = 0;
        while (start < tokens.Length && tokens[start].Role == WordRole.Filler) start++;
        if (start == tokens.Length || !LexicalWords.IsSubject(tokens[start].Word)) return false;
        bool hasVerb = false;
        for (int i = start + 1; i < tokens.Length; i++)
        {
            // A particle at the end has the role of a question word, but asks nothing.
            if (tokens[i].Role == WordRole.Question && !LexicalWords.IsParticle(tokens[i].Word)) return false;
            hasVerb |= LexicalWords.IsAuxiliary(tokens[i].Word);
        }

        return hasVerb;
    }

    private static bool IsPolite(in LexicalToken token) => token.Role is WordRole.Filler or WordRole.Greeting;
}
