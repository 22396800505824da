using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace Refrain.Benchmarks;

/// <summary>
/// The bytes that one call of a benchmark allocates on its own thread. BenchmarkDotNet's diagnoser counts the whole process, background writers included,
/// and so can differ by a byte between runs; a gate has to be exact.
/// </summary>
internal sealed class AllocationGauge(Type type, MethodInfo method, IReadOnlyDictionary<PropertyInfo, object?> parameters) : IGauge
{
    private const int WarmUpCalls = 200;
    private const int CallsPerRound = 200;
    private const int Rounds = 7;

    /// <inheritdoc/>
    public string Name => parameters.Count == 0
        ? $"{type.Name}.{method.Name}"
        : $"{type.Name}.{method.Name}({string.Join(", ", parameters.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key.Name}: {pair.Value}")))})";

    /// <summary>All combinations of the class's <c>[Params]</c>; one empty combination where it has none.</summary>
    public static IEnumerable<IReadOnlyDictionary<PropertyInfo, object?>> ParametersOf(Type type)
    {
        IEnumerable<Dictionary<PropertyInfo, object?>> combinations = [[]];
        foreach (PropertyInfo property in type.GetProperties())
        {
            if (property.GetCustomAttribute<ParamsAttribute>() is { } values)
                combinations = [.. from combination in combinations from value in values.Values select new Dictionary<PropertyInfo, object?>(combination) { [property] = value }];
        }

        return combinations;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Reading> Read()
    {
        object instance = Activator.CreateInstance(type)!;
        foreach ((PropertyInfo property, object? value) in parameters)
            property.SetValue(instance, value);
        CallAll<GlobalSetupAttribute>(instance);
        try
        {
            return [new("allocated_bytes", ReadingGate.Exact, BytesPerCall(ToAction(instance)))];
        }
        finally
        {
            CallAll<GlobalCleanupAttribute>(instance);
        }
    }

    /// <summary>The least of several rounds: what the runtime itself allocates now and then on this thread, such as for a recompiled method, is not the benchmark's.</summary>
    private static double BytesPerCall(Action call)
    {
        for (int i = 0; i < WarmUpCalls; i++)
            call();
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < CallsPerRound; i++)
                call();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return (double)least / CallsPerRound;
    }

    /// <summary>A call without reflection, so that no result is boxed.</summary>
    private Action ToAction(object instance)
    {
        if (method.ReturnType == typeof(void))
            return method.CreateDelegate<Action>(instance);
        MethodInfo wrap = typeof(AllocationGauge).GetMethods(BindingFlags.NonPublic | BindingFlags.Static).Single(candidate => candidate.Name == WrapperOf(method.ReturnType));
        Type result = method.ReturnType.IsGenericType && wrap.Name != nameof(WrapValue) ? method.ReturnType.GetGenericArguments()[0] : method.ReturnType;
        if (wrap.IsGenericMethodDefinition)
            wrap = wrap.MakeGenericMethod(result);
        return (Action)wrap.Invoke(null, [method.CreateDelegate(typeof(Func<>).MakeGenericType(method.ReturnType), instance)])!;
    }

    private static string WrapperOf(Type result) =>
        result == typeof(ValueTask) ? nameof(WrapValueTask)
        : result == typeof(Task) || result.IsSubclassOf(typeof(Task)) ? nameof(WrapTask)
        : result.IsGenericType && result.GetGenericTypeDefinition() == typeof(ValueTask<>) ? nameof(WrapValueTaskOf)
        : nameof(WrapValue);

    private static Action WrapValue<T>(Func<T> call) => () => Sink<T>.Value = call();

    private static Action WrapTask<T>(Func<Task> call) => () => EnsureCompleted(call()).GetAwaiter().GetResult();

    private static Action WrapValueTask(Func<ValueTask> call) => () =>
    {
        ValueTask task = call();
        Demand(task.IsCompleted);
        task.GetAwaiter().GetResult();
    };

    private static Action WrapValueTaskOf<T>(Func<ValueTask<T>> call) => () =>
    {
        ValueTask<T> task = call();
        Demand(task.IsCompleted);
        Sink<T>.Value = task.GetAwaiter().GetResult();
    };

    private static Task EnsureCompleted(Task task)
    {
        Demand(task.IsCompleted);
        return task;
    }

    private static void Demand(bool isCompleted)
    {
        if (!isCompleted)
            throw new NotSupportedException("The benchmark completes on another thread, where its bytes cannot be told from others'. Give it what it waits for.");
    }

    private void CallAll<TAttribute>(object instance)
        where TAttribute : Attribute
    {
        foreach (MethodInfo hook in type.GetMethods().Where(candidate => candidate.GetCustomAttribute<TAttribute>() is not null))
        {
            switch (hook.Invoke(instance, null))
            {
                case Task task:
                    task.GetAwaiter().GetResult();
                    break;
                case ValueTask task:
                    task.AsTask().GetAwaiter().GetResult();
                    break;
            }
        }
    }

    /// <summary>Keeps a result alive, so that the call cannot be optimised away.</summary>
    private static class Sink<T>
    {
        [SuppressMessage("Minor Code Smell", "CA1823", Justification = "Written so that it is not optimised away.")]
        public static T? Value;
    }
}
