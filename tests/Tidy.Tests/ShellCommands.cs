using System.Text.RegularExpressions;

namespace Tidy.Tests;

/// <summary>Commands in the documents that call programs of the house: the project exists, and so does every command word and option.</summary>
internal static partial class ShellCommands
{
    private static readonly string[] Shells = ["sh", "bash", "shell", "console"];

    /// <summary>What a snippet asks of our programs that they do not have.</summary>
    /// <param name="snippet">Any snippet; only those of a shell are read.</param>
    /// <param name="words">The words that a program knows, by the folder of its project.</param>
    public static IEnumerable<string> Complaints(Snippet snippet, Func<string, IReadOnlySet<string>?> words)
    {
        if (!Shells.Contains(snippet.Language, StringComparer.Ordinal))
            yield break;
        foreach (string line in Joined(snippet.Text))
        {
            string[] tokens = [.. Token().Matches(line).Select(match => match.Value)];
            (string? project, string[] arguments) = Call(tokens);
            if (project is null)
                continue;
            if (words(project) is not { } known)
            {
                yield return $"{snippet.Place}: there is no project {project}";
                continue;
            }

            foreach (string option in arguments.Where(argument => argument.StartsWith("--", StringComparison.Ordinal) && argument.Length > 2).Select(argument => argument.Split('=')[0]))
            {
                if (!known.Contains(option))
                    yield return $"{snippet.Place}: {project} has no option {option}";
            }

            if (arguments is [var command, ..] && CommandWord().IsMatch(command) && !known.Contains(command))
                yield return $"{snippet.Place}: {project} has no command {command}";
        }
    }

    /// <summary>The string literals of a project, which hold its options and commands; null if there is no such project.</summary>
    public static IReadOnlySet<string>? WordsOf(string project)
    {
        if (!File.Exists(Path.Combine(House.Root, project, Path.GetFileName(project) + ".csproj")))
            return null;
        return House.Sources.Where(file => file.Path.StartsWith(project + "/", StringComparison.Ordinal))
            .SelectMany(file => Literal().Matches(file.Text).Select(match => match.Groups["text"].Value))
            .ToHashSet(StringComparer.Ordinal);
    }

    private static (string? Project, string[] Arguments) Call(string[] tokens)
    {
        int first = Array.FindIndex(tokens, token => !token.Contains('=', StringComparison.Ordinal) && token is not ("$" or "time" or "env"));
        if (first < 0)
            return (null, []);
        string[] command = tokens[first..];
        int end = Array.FindIndex(command, token => token is "|" or "&&" or ";" or "&" or ">" or "#");
        command = end < 0 ? command : command[..end];
        if (command[0] is "refrain" or "./refrain")
            return ("src/Refrain.Gateway", command[1..]);
        int project = Array.IndexOf(command, "--project");
        if (command is not ["dotnet", "run", ..] || project < 0 || project + 1 == command.Length)
            return (null, []);
        int dashes = Array.IndexOf(command, "--");
        return (command[project + 1].TrimEnd('/'), dashes < 0 ? [] : command[(dashes + 1)..]);
    }

    private static string[] Joined(string text) => text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex("""'[^']*'|"[^"]*"|[^\s'"]+""", RegexOptions.None, 1000)]
    private static partial Regex Token();

    [GeneratedRegex("^[a-z]+$", RegexOptions.None, 1000)]
    private static partial Regex CommandWord();

    [GeneratedRegex("""
        "(?<text>-{0,2}[a-z][a-z0-9-]*)"
        """, RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Literal();
}
