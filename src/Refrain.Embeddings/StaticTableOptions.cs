namespace Refrain.Embeddings;

/// <summary>Where a table of word-piece vectors lies.</summary>
public sealed class StaticTableOptions
{
    /// <summary>The table: a safetensors file with a tensor "embeddings" of one row a word piece, and optionally "weights" of one number a row.</summary>
    public required string TablePath { get; init; }

    /// <summary>vocab.txt or tokenizer.json of the same model. Null: whichever lies beside the table.</summary>
    public string? VocabularyPath { get; init; }

    /// <summary>Name by which vectors of this table are told from others. Null: the name of the table's folder.</summary>
    public string? Model { get; init; }

    /// <summary>Most UTF-8 bytes of a text that is matched: a mean over too many words says little.</summary>
    public int TextBytesMax { get; init; } = 2_000;

    /// <summary>Whether the table knows Latin letters only; texts with other letters are then not matched.</summary>
    public bool LatinOnly { get; init; } = true;

    /// <summary>The calibrated threshold of this table; null where nobody calibrated.</summary>
    public float? SimilarityThreshold { get; init; }
}
