namespace Refrain.Chat;

/// <summary>The contents that a stored answer can hold; the numbers are the format's.</summary>
internal enum ContentKind
{
    /// <summary>Words.</summary>
    Text = 1,

    /// <summary>What the model thought.</summary>
    Reasoning = 2,

    /// <summary>A call of a function.</summary>
    Call = 3,

    /// <summary>What a function returned.</summary>
    Result = 4,

    /// <summary>Bytes of a media type.</summary>
    Data = 5,

    /// <summary>An address of something.</summary>
    Uri = 6,

    /// <summary>How many tokens were used.</summary>
    Usage = 7,
}
