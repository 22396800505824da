using System.Runtime.Versioning;

namespace Refrain.Gateway.Tests;

[UnsupportedOSPlatform("windows")]
public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void The_users_own_place_comes_first_and_only_the_owner_can_enter()
    {
        string xdg = Path.Combine(_home.Path, "xdg");
        Assert.Equal(Path.Combine(xdg, "refrain"), Open(null, ("XDG_DATA_HOME", xdg), ("HOME", _home.Path)));
        string inHome = Open(null, ("HOME", _home.Path));
        Assert.Equal(Path.Combine(_home.Path, ".local", "share", "refrain"), inHome);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(inHome));
    }

    [Fact]
    public void Without_a_home_it_lies_among_the_temporary_files()
    {
        string opened = Open(null);
        Assert.Equal(Path.Combine(Path.GetTempPath(), $"refrain-{Environment.UserName}"), opened);
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(opened));
    }

    [Fact]
    public void A_home_that_cannot_be_written_is_passed_over()
    {
        string file = _home.File("not-a-directory", "");
        Assert.StartsWith(Path.GetTempPath(), Open(null, ("HOME", file)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_place_that_is_a_link_is_passed_over()
    {
        string elsewhere = Directory.CreateDirectory(Path.Combine(_home.Path, "elsewhere")).FullName;
        string share = Directory.CreateDirectory(Path.Combine(_home.Path, ".local", "share")).FullName;
        Directory.CreateSymbolicLink(Path.Combine(share, "refrain"), elsewhere);
        Assert.NotEqual(Path.Combine(share, "refrain"), Open(null, ("HOME", _home.Path)));
    }

    [Fact]
    public void A_directory_that_was_named_and_is_there_keeps_its_mode()
    {
        const UnixFileMode mode = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        string named = Directory.CreateDirectory(Path.Combine(_home.Path, "named")).FullName;
        File.SetUnixFileMode(named, mode);
        Assert.Equal(named, Open(named));
        Assert.Equal(mode, File.GetUnixFileMode(named));
        string made = Open(Path.Combine(_home.Path, "made"));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(made));
    }

    [Fact]
    public void A_directory_that_was_named_and_cannot_be_used_is_told()
    {
        string file = _home.File("file", "");
        SettingsException e = Assert.Throws<SettingsException>(() => Open(Path.Combine(file, "below")));
        Assert.Contains(SettingNames.Data, e.Message, StringComparison.Ordinal);
    }

    private static string Open(string? configured, params (string Name, string Value)[] environment) =>
        DataDirectory.Open(configured, name => environment.FirstOrDefault(variable => variable.Name == name).Value);
}
