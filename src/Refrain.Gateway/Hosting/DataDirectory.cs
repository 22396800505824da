namespace Refrain.Gateway;

/// <summary>Where answers, vectors and the secret seed lie: a directory that only its owner can enter.</summary>
internal static class DataDirectory
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Finds or makes the directory.</summary>
    /// <param name="configured">The directory asked for, or null.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <returns>
    /// The directory asked for; else <c>$XDG_DATA_HOME/refrain</c>; else <c>~/.local/share/refrain</c> (on Windows the user's local application data);
    /// where none of these can be written, one below the directory for temporary files.
    /// </returns>
    /// <exception cref="SettingsException">The directory asked for cannot be used, or none at all can.</exception>
    public static string Open(string? configured, Func<string, string?> environment)
    {
        if (configured is not null)
        {
            return TryOpen(Path.GetFullPath(configured), isOurs: false, out Exception? failure)
                ?? throw new SettingsException($"{SettingNames.Data}: {configured} cannot be used: {failure?.Message}", failure);
        }
        foreach (string candidate in Candidates(environment))
        {
            if (TryOpen(candidate, isOurs: true, out _) is { } opened)
                return opened;
        }
        throw new SettingsException($"No directory can be written for the data. Name one in {SettingNames.Data}.");
    }

    private static IEnumerable<string> Candidates(Func<string, string?> environment)
    {
        if (environment("XDG_DATA_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg))
            yield return Path.Combine(xdg, "refrain");
        if (OperatingSystem.IsWindows())
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "refrain");
        else if (environment("HOME") is { Length: > 0 } home && Path.IsPathRooted(home))
            yield return Path.Combine(home, ".local", "share", "refrain");
        yield return Path.Combine(Path.GetTempPath(), $"refrain-{Environment.UserName}");
    }

    private static string? TryOpen(string path, bool isOurs, out Exception? failure)
    {
        try
        {
            if (isOurs && new DirectoryInfo(path) is { LinkTarget: not null })
                throw new IOException("it is a link.");
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(path);
            else
                Directory.CreateDirectory(path, OwnerOnly);
            // Only an owner may change the mode: somebody else's directory under a name that can be guessed is refused here.
            // A directory that the user named and that was there before keeps the mode that the user gave it.
            if (isOurs && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, OwnerOnly);
            string probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            using (new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
                failure = null;
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            failure = e;
            return null;
        }
    }
}
