namespace Refrain.Embeddings.Onnx;

/// <summary>How the vectors of a text's tokens become one.</summary>
public enum OnnxPooling
{
    /// <summary>The mean over all tokens: most sentence encoders.</summary>
    Mean,

    /// <summary>The first token's vector: BGE and its kind.</summary>
    Cls,
}
