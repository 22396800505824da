using System.CommandLine;
using Refrain.Gateway;

var root = new RootCommand("Refrain answers a question that was asked before from memory; only new ones reach a language model. Without a command it serves.")
{
    ServeCommand.Create(),
    ReplayCommand.Create(),
    InspectCommand.Create(),
    CalibrateCommand.Create(),
    EvaluateCommand.Create(),
};
ServeCommand.AddOptions(root);
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).ConfigureAwait(false);
}
catch (Exception e) when (e is SettingsException or PromptFileException)
{
    await Console.Error.WriteLineAsync($"refrain: {e.Message}").ConfigureAwait(false);
    return 1;
}
