namespace Refrain.Redis;

/// <summary>The scripts: each does in one step what must not be seen half done. All keys of a call are in one slot.</summary>
internal static class Scripts
{
    /// <summary>
    /// Stores an entry unless a younger one, or a later removal, is there. What is no envelope there is somebody else's doing, and is written over: it would keep every later write waiting.
    /// KEYS entry, log. ARGV envelope, created, milliseconds to live, log item, log length, channel, shard.
    /// </summary>
    public const string Store = """
        local head = redis.pcall('GETRANGE', KEYS[1], 0, 15)
        if type(head) == 'string' and #head == 16 and string.sub(head, 1, 2) == 'R\1' and struct.unpack('<I8', string.sub(head, 9)) > tonumber(ARGV[2]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
        redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'c', ARGV[4])
        redis.pcall('PUBLISH', ARGV[6], ARGV[7])
        return 1
        """;

    /// <summary>
    /// As <see cref="Store"/>, for an entry that was made under a lease: refused, with -1, where a later lease was given. KEYS also fence, ARGV also the lease's number.
    /// </summary>
    public const string StoreFenced = $"""
        if tonumber(redis.call('GET', KEYS[3]) or '0') > tonumber(ARGV[8]) then return -1 end
        {Store}
        """;

    /// <summary>
    /// Takes a lease, unless there is one. KEYS lease, fence. ARGV milliseconds of the lease, of the memory of its number. Returns its number, by the server's clock
    /// so that it also rises above what was forgotten, or 0.
    /// </summary>
    public const string TakeLease = """
        if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
        local time = redis.call('TIME')
        local number = math.max(time[1] * 1000000 + time[2], tonumber(redis.call('GET', KEYS[2]) or '0') + 1)
        local text = string.format('%.0f', number)
        redis.call('SET', KEYS[1], text, 'PX', ARGV[1])
        redis.call('SET', KEYS[2], text, 'PX', ARGV[2])
        return number
        """;

    /// <summary>Makes a lease last anew, unless a later one was given. KEYS lease, fence. ARGV milliseconds of both, number. Returns 1 if it lasts.</summary>
    public const string ExtendLease = """
        if tonumber(redis.call('GET', KEYS[2]) or '0') > tonumber(ARGV[3]) then return 0 end
        redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[1])
        redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[2])
        return 1
        """;

    /// <summary>Ends a lease, unless a later one was given; its number stays remembered. KEYS lease, fence. ARGV number.</summary>
    public const string EndLease = """
        if tonumber(redis.call('GET', KEYS[2]) or '0') > tonumber(ARGV[1]) then return 0 end
        return redis.call('DEL', KEYS[1])
        """;

    /// <summary>
    /// Removes an entry and leaves a tombstone. KEYS and ARGV as for <see cref="Store"/>. Begins with DEL: after a first write that needs no memory
    /// a full Redis lets a script finish, and a removal must get through. It is told even where nothing was: a process may hold what it has yet to write.
    /// </summary>
    public const string Remove = """
        local kind = redis.pcall('GETRANGE', KEYS[1], 2, 2)
        redis.call('DEL', KEYS[1])
        redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
        redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], '*', 'c', ARGV[4])
        redis.pcall('PUBLISH', ARGV[6], ARGV[7])
        return kind == '\1' and 1 or 0
        """;

    /// <summary>
    /// Raises an epoch above all that it was, by the server's clock, so that it also rises above what an emptied Redis has forgotten.
    /// KEYS epochs, log. ARGV subject, the number the caller knows, origin, log length, channel, shard. The HDEL is there for the same reason as the DEL of <see cref="Remove"/>.
    /// </summary>
    public const string Advance = """
        redis.call('HDEL', KEYS[1], '')
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
        local number = math.max(now, known + 1, tonumber(ARGV[2]) + 1)
        redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', number))
        local item = 'e' .. ARGV[3] .. ARGV[1] .. struct.pack('<I8', number) .. string.rep('\0', 8)
        redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], '*', 'c', item)
        redis.pcall('PUBLISH', ARGV[5], ARGV[6])
        return number
        """;

    /// <summary>Gives back epochs that Redis has lost. KEYS epochs, log. ARGV origin, log length, channel, shard, then subject, number, subject, number, …</summary>
    public const string Restore = """
        redis.call('HDEL', KEYS[1], '')
        local raised = 0
        for i = 5, #ARGV, 2 do
            local number = tonumber(ARGV[i + 1])
            if number > tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or '0') then
                raised = raised + 1
                redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
                local item = 'e' .. ARGV[1] .. ARGV[i] .. struct.pack('<I8', number) .. string.rep('\0', 8)
                redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], '*', 'c', item)
            end
        end
        if raised > 0 then redis.pcall('PUBLISH', ARGV[3], ARGV[4]) end
        return raised
        """;

    /// <summary>
    /// The identity of the store, made now if there is none. KEYS identity. ARGV seed, shards, incarnation. Returns the three as they are now; nothing if something else is there.
    /// </summary>
    public const string Identify = """
        if redis.call('EXISTS', KEYS[1]) == 0 then
            redis.call('HSET', KEYS[1], 'seed', ARGV[1], 'shards', ARGV[2], 'incarnation', ARGV[3])
        end
        local fields = redis.pcall('HMGET', KEYS[1], 'seed', 'shards', 'incarnation')
        if fields.err and string.sub(fields.err, 1, 9) == 'WRONGTYPE' then return {} end
        return fields
        """;

    /// <summary>
    /// The last item of a log, which is begun now if there is none, or something else in its place. KEYS log. ARGV begin item. Returns its id, its bytes, and 1 if something else was there.
    /// </summary>
    public const string Tip = """
        local last = redis.pcall('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
        local foreign = 0
        if last.err then
            if string.sub(last.err, 1, 9) ~= 'WRONGTYPE' then return last end
            foreign = redis.call('DEL', KEYS[1])
        elseif last[1] then
            return { last[1][1], last[1][2][2], 0 }
        end
        return { redis.call('XADD', KEYS[1], '*', 'c', ARGV[1]), ARGV[1], foreign }
        """;

    /// <summary>Draws from a budget if that much is left. KEYS budget. ARGV amount, limit, milliseconds until it is forgotten or 0; whole numbers, so that nothing is rounded.</summary>
    public const string Draw = """
        local drawn = tonumber(redis.call('GET', KEYS[1]) or '0') + tonumber(ARGV[1])
        if drawn > tonumber(ARGV[2]) then return 0 end
        if ARGV[3] == '0' then redis.call('SET', KEYS[1], string.format('%.0f', drawn))
        else redis.call('SET', KEYS[1], string.format('%.0f', drawn), 'PX', ARGV[3]) end
        return 1
        """;

    /// <summary>Gives an amount back to a budget, down to nothing drawn. KEYS budget. ARGV amount, milliseconds until it is forgotten or 0. Returns what is drawn then.</summary>
    public const string GiveBack = """
        local drawn = tonumber(redis.call('GET', KEYS[1]) or '0')
        local back = math.min(drawn, tonumber(ARGV[1]))
        if back == 0 then return drawn end
        if ARGV[2] == '0' then redis.call('SET', KEYS[1], string.format('%.0f', drawn - back))
        else redis.call('SET', KEYS[1], string.format('%.0f', drawn - back), 'PX', ARGV[2]) end
        return drawn - back
        """;
}
