using System.CommandLine;
using Refrain.Gateway;

#if WITH_ONNX
Refrain.Embeddings.Onnx.OnnxEmbeddingGenerator.Register();
#endif

var root = new RootCommand("Refrain answers a question that was asked before from memory; only new ones reach a language model. Without a command it serves.")
{
    ServeCommand.Create(),
    ReplayCommand.Create(),
    InspectCommand.Create(),
    CalibrateCommand.Create(),
    EvaluateCommand.Create(),
};
ServeCommand.AddOptions(root);
// Longer than a server drains: the exit code is then the command's own.
var settings = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1) };
try
{
    return await root.Parse(args).InvokeAsync(settings).ConfigureAwait(false);
}
catch (Exception e) when (e is SettingsException or PromptFileException)
{
    await Console.Error.WriteLineAsync($"refrain: {e.Message}").ConfigureAwait(false);
    return 1;
}
catch (OperationCanceledException)
{
    return 130;
}
