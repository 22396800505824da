using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>One caller's change, and the promise to tell when it is durable.</summary>
internal sealed class SqliteJob
{
    private readonly Func<SqliteWriter, long> _work;
    private readonly TaskCompletionSource<long> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _result;

    internal SqliteJob(Func<SqliteWriter, long> work) => _work = work;

    internal Task<long> Done => _done.Task;

    internal void Run(SqliteWriter writer) => _result = _work(writer);

    internal void Committed() => _done.TrySetResult(_result);

    internal void Failed(SqliteException exception) => _done.TrySetException(new IOException($"SQLite refused the write ({exception.SqliteErrorCode}): {exception.Message}", exception));

    internal void Failed(Exception exception) => _done.TrySetException(exception);
}
