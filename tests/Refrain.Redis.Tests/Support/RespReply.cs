namespace Refrain.Redis.Tests;

/// <summary>Finds where a reply of the Redis protocol, version 2 or 3, ends.</summary>
internal static class RespReply
{
    /// <returns>Bytes of the first whole reply; 0 if it is not all there.</returns>
    public static int Length(ReadOnlySpan<byte> bytes)
    {
        int line = bytes.IndexOf("\r\n"u8);
        if (line < 0) return 0;
        int position = line + 2;
        char type = (char)bytes[0];
        if ("+-:_#,(".Contains(type)) return position;

        int count = int.Parse(bytes[1..line]);
        if (count < 0) return position;
        if ("$=!".Contains(type)) return bytes.Length >= position + count + 2 ? position + count + 2 : 0;

        int parts = type is '%' or '|' ? count * 2 : count;
        if (type == '|') parts++;
        for (int part = 0; part < parts; part++)
        {
            int length = Length(bytes[position..]);
            if (length == 0) return 0;
            position += length;
        }

        return position;
    }
}
