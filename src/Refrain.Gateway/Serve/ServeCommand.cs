using System.CommandLine;

namespace Refrain.Gateway;

/// <summary><c>refrain serve</c>.</summary>
internal static class ServeCommand
{
    private static readonly Option<int?> Port = new("--port") { Description = "Port to listen on; 0 takes any that is free. Default: 8080, or the next free one." };
    private static readonly Option<string?> Host = new("--host") { Description = "Address to listen on. Default: 127.0.0.1. Any other than this machine's own needs REFRAIN_API_KEYS." };
    private static readonly Option<string?> Data = new("--data") { Description = "Directory of the data. Default: the user's own place." };
    private static readonly Option<string?> Upstream = new("--upstream") { Description = "Address of an OpenAI-compatible API, such as https://api.openai.com/v1. Default: the demo model answers." };

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var command = new Command("serve", "Serve an OpenAI-compatible endpoint that answers repeated questions from memory.");
        AddOptions(command);
        return command;
    }

    /// <summary>Makes a command serve. The root does, too.</summary>
    public static void AddOptions(Command command)
    {
        command.Options.Add(Port);
        command.Options.Add(Host);
        command.Options.Add(Data);
        command.Options.Add(Upstream);
        command.SetAction((parsed, cancellation) => RunAsync(parsed, cancellation));
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        GatewaySettings settings = GatewaySettings.Read(GatewayConfiguration.Build(
            KeyValuePair.Create(SettingNames.Port, parsed.GetValue(Port)?.ToString()),
            KeyValuePair.Create(SettingNames.Host, parsed.GetValue(Host)),
            KeyValuePair.Create(SettingNames.Data, parsed.GetValue(Data)),
            KeyValuePair.Create(SettingNames.UpstreamUrl, parsed.GetValue(Upstream))));
        await using GatewayServer server = await GatewayServer.StartAsync(settings, TimeProvider.System, TimeProvider.System, cancellation).ConfigureAwait(false);
        Banner.Write(Console.Out, server, settings);
        await server.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        return 0;
    }
}
