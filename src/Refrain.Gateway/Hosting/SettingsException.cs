namespace Refrain.Gateway;

/// <summary>A setting cannot be used. The message names it, says what was expected and what was found; never the value of a secret.</summary>
internal sealed class SettingsException(string message, Exception? inner = null) : Exception(message, inner);
