namespace Refrain.Gateway;

/// <summary>One question of a prompt file.</summary>
/// <param name="Text">The question, as it stands in the file.</param>
/// <param name="Group">The group of questions that one answer serves (an intent, a set of duplicates), or null where the file names none.</param>
internal readonly record struct Prompt(string Text, string? Group);
