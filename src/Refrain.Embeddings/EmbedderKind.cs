namespace Refrain.Embeddings;

/// <summary>The embedders that configuration can choose.</summary>
internal enum EmbedderKind
{
    /// <summary><see cref="LexicalEmbeddingGenerator"/>: the default.</summary>
    Lexical,

    /// <summary><see cref="VoyageEmbeddingGenerator"/>.</summary>
    Voyage,

    /// <summary><see cref="OpenAIEmbeddingGenerator"/>.</summary>
    OpenAI,

    /// <summary><see cref="StaticTableEmbeddingGenerator"/>.</summary>
    Static,

    /// <summary>A model of one's own, run by the package Refrain.Embeddings.Onnx.</summary>
    Onnx,
}
