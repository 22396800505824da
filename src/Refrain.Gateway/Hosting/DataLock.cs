using System.Globalization;

namespace Refrain.Gateway;

/// <summary>Keeps a data directory to one program: two would each believe their own index.</summary>
internal sealed class DataLock : IDisposable
{
    private readonly FileStream _file;

    private DataLock(FileStream file) => _file = file;

    /// <summary>Takes the directory. The system gives it back when the process ends, however it ends.</summary>
    /// <exception cref="SettingsException">Another program has it.</exception>
    public static DataLock Take(string directory)
    {
        string path = Path.Combine(directory, "refrain.lock");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return new DataLock(new FileStream(path, options));
        }
        catch (IOException e)
        {
            throw new SettingsException(
                string.Create(CultureInfo.InvariantCulture, $"{directory} is in use by another refrain. Stop it, or name another directory in {SettingNames.Data} or with --data."), e);
        }
    }

    public void Dispose() => _file.Dispose();
}
