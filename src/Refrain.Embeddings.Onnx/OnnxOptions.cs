namespace Refrain.Embeddings.Onnx;

/// <summary>Where a sentence encoder of the BERT family lies, and how it wants to be read.</summary>
public sealed class OnnxOptions
{
    /// <summary>The model: inputs input_ids, attention_mask and, where it has them, token_type_ids; the first output is one vector a token.</summary>
    public required string ModelPath { get; init; }

    /// <summary>vocab.txt or tokenizer.json. Null: whichever lies beside the model.</summary>
    public string? VocabularyPath { get; init; }

    /// <summary>Name by which its vectors are told from others. Null: the name of the model's folder.</summary>
    public string? Model { get; init; }

    /// <summary>How token vectors become one.</summary>
    public OnnxPooling Pooling { get; init; }

    /// <summary>Put before every text, as some models ask for ("query: ").</summary>
    public string Prefix { get; init; } = "";

    /// <summary>Most tokens of a text, the model's two marks included; longer texts are not matched and never cut.</summary>
    public int TokensMax { get; init; } = 512;

    /// <summary>Whether the model knows Latin letters only; texts with other letters are then not matched.</summary>
    public bool LatinOnly { get; init; } = true;

    /// <summary>Most texts that are computed together.</summary>
    public int BatchCountMax { get; init; } = 16;

    /// <summary>Threads that one computation may use.</summary>
    public int ThreadCount { get; init; } = Math.Max(1, Environment.ProcessorCount / 2);

    /// <summary>The calibrated threshold of this model; null where nobody calibrated.</summary>
    public float? SimilarityThreshold { get; init; }

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(ModelPath);
        ArgumentOutOfRangeException.ThrowIfLessThan(TokensMax, 3);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BatchCountMax);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ThreadCount);
    }
}
