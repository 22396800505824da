using Refrain.Examples;

return await ExampleList.RunAsync(args, Console.Out, CancellationToken.None);
