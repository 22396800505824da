namespace Refrain.Embeddings;

/// <summary>What a word does in a question, as far as a short list can say.</summary>
internal enum WordRole : byte
{
    /// <summary>Carries the question: any word that no list names.</summary>
    Content,

    /// <summary>Grammar: changes the question a little.</summary>
    Function,

    /// <summary>Politeness and padding: changes nothing.</summary>
    Filler,

    /// <summary>Politeness at either end of a text, a word like any other within: "hello", "thanks".</summary>
    Greeting,

    /// <summary>Asks in its own way: "when", "why".</summary>
    Question,
}
