namespace Refrain.Gateway;

/// <summary>The caller's request cannot be served. It becomes an answer with this status and a body in OpenAI's shape.</summary>
internal sealed class WireException : Exception
{
    public WireException(string message, string? param = null, int status = StatusCodes.Status400BadRequest, string? code = null, Exception? inner = null)
        : base(message, inner)
    {
        Param = param;
        Status = status;
        Code = code;
    }

    /// <summary>HTTP status.</summary>
    public int Status { get; }

    /// <summary>The property of the request that is wrong, or null.</summary>
    public string? Param { get; }

    /// <summary>A code for programs, or null.</summary>
    public string? Code { get; }
}
