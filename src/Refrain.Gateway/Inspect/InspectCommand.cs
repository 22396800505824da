using System.CommandLine;
using System.Text.Json;
using Spectre.Console;

namespace Refrain.Gateway;

/// <summary><c>refrain inspect</c>: what lies in the data directory, without reading a single prompt.</summary>
internal static class InspectCommand
{
    private static readonly Option<string?> Data = new("--data") { Description = "Directory of the data. Default: the user's own place." };
    private static readonly Option<bool> Json = new("--json") { Description = "Write the report as JSON." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("inspect", "Tell what the data directory holds: entries, bytes, scopes, epochs. May be used while refrain serves.") { Data, Json };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        GatewaySettings settings = GatewaySettings.Read(GatewayConfiguration.Build(KeyValuePair.Create(SettingNames.Data, parsed.GetValue(Data))));
        string directory = DataDirectory.Open(settings.DataDirectory, Environment.GetEnvironmentVariable);
        InspectReport report;
        IDurableStore store = await StoreChoice.OpenAsync(settings.Configuration, directory, TimeProvider.System, loggers: null, meters: null, cancellation).ConfigureAwait(false);
        await using (store.ConfigureAwait(false))
            report = await InspectReport.ReadAsync(directory, store, TimeProvider.System, cancellation).ConfigureAwait(false);
        if (parsed.GetValue(Json))
            await Console.Out.WriteLineAsync(JsonSerializer.Serialize(report, InspectJson.Default.InspectReport)).ConfigureAwait(false);
        else
            Write(AnsiConsole.Console, report);
        return 0;
    }

    private static void Write(IAnsiConsole console, InspectReport report)
    {
        console.MarkupLineInterpolated($"[bold]{report.Directory}[/], store {report.Store}");
        Table files = new Table().RoundedBorder().AddColumn("file").AddColumn(new TableColumn("bytes").RightAligned());
        foreach (InspectedFile file in report.Files)
            files.AddRow(file.Name.EscapeMarkup(), $"{file.SizeBytes:N0}");
        console.Write(files);
        console.MarkupLineInterpolated($"{report.EntryCount:N0} answers, {report.EntryBytes:N0} bytes, in {report.ScopeCount:N0} scopes; {report.ExpiringWithinAnHour:N0} end within the hour, {report.ExpiringWithinADay:N0} within a day.");
        console.MarkupLineInterpolated($"{report.EpochCount:N0} tags, scopes or tenants were invalidated.");
        if (report.LargestScopes.Count == 0)
            return;
        Table scopes = new Table().RoundedBorder().AddColumn("scope (digest)").AddColumn(new TableColumn("answers").RightAligned()).AddColumn(new TableColumn("bytes").RightAligned());
        foreach (InspectedScope scope in report.LargestScopes)
            scopes.AddRow(scope.Digest, $"{scope.EntryCount:N0}", $"{scope.EntryBytes:N0}");
        console.Write(scopes);
    }
}
