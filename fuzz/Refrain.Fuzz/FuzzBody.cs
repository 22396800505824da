namespace Refrain.Fuzz;

/// <summary>
/// Reads bytes that nobody vouches for. It catches the exceptions that its format promises; any other exception is a finding,
/// and so are an allocation out of all proportion and a call that does not end.
/// </summary>
internal delegate void FuzzBody(ReadOnlySpan<byte> data);
