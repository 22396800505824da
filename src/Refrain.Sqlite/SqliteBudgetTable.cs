using Microsoft.Data.Sqlite;

namespace Refrain.Sqlite;

/// <summary>What was drawn from budgets, in whole units; each step within the writer's transaction.</summary>
internal static class SqliteBudgetTable
{
    private const string Draw = """
        INSERT INTO budgets(name, window, drawn, used) SELECT $name, $window, $units, $now WHERE $units <= $limit
        ON CONFLICT(name, window) DO UPDATE SET drawn = drawn + $units, used = $now WHERE drawn + $units <= $limit
        """;

    private const string GiveBack = "UPDATE budgets SET drawn = MAX(0, drawn - $units) WHERE name = $name AND window = $window RETURNING drawn";

    private const string Forget = "DELETE FROM budgets WHERE window <> '' AND used < $now";

    /// <summary>How long a window is remembered after it was last drawn from.</summary>
    private static readonly TimeSpan WindowMemory = TimeSpan.FromDays(62);

    /// <returns>1 if it was drawn, else 0.</returns>
    internal static long TryDraw(SqliteTransaction transaction, string name, string window, long units, long limit, long nowTicks)
    {
        using SqliteCommand forget = Command(transaction, Forget);
        forget.Parameters.AddWithValue("$now", nowTicks - WindowMemory.Ticks);
        forget.ExecuteNonQuery();
        using SqliteCommand draw = Command(transaction, Draw);
        draw.Parameters.AddWithValue("$name", name);
        draw.Parameters.AddWithValue("$window", window);
        draw.Parameters.AddWithValue("$units", units);
        draw.Parameters.AddWithValue("$limit", limit);
        draw.Parameters.AddWithValue("$now", nowTicks);
        return draw.ExecuteNonQuery();
    }

    /// <returns>What is drawn then.</returns>
    internal static long Return(SqliteTransaction transaction, string name, string window, long units)
    {
        using SqliteCommand back = Command(transaction, GiveBack);
        back.Parameters.AddWithValue("$units", units);
        back.Parameters.AddWithValue("$name", name);
        back.Parameters.AddWithValue("$window", window);
        return back.ExecuteScalar() as long? ?? 0;
    }

    private static SqliteCommand Command(SqliteTransaction transaction, string sql)
    {
        SqliteCommand command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
#pragma warning disable CA2100 // Statements of this file, with parameters.
        command.CommandText = sql;
#pragma warning restore CA2100
        return command;
    }
}
