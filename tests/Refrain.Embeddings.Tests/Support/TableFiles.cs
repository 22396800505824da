using System.Buffers.Binary;
using System.Text;

namespace Refrain.Embeddings.Tests;

/// <summary>A folder with a small table and vocabulary that the tests make; deleted at the end.</summary>
internal sealed class TableFiles : IDisposable
{
    public const int Dimensions = 64;

    public static readonly string[] Vocabulary =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "how", "do", "i", "learn", "c", "+", "#", "$", "5", "open", "account", "##s", "the", "?"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("refrain-table-");

    public TableFiles(string type = "F32", bool weighted = false, bool json = false)
    {
        TablePath = Path.Combine(_folder.FullName, "model.safetensors");
        if (json) File.WriteAllText(Path.Combine(_folder.FullName, "tokenizer.json"), Tokenizer());
        else File.WriteAllLines(Path.Combine(_folder.FullName, "vocab.txt"), Vocabulary);
        File.WriteAllBytes(TablePath, Table(type, weighted));
    }

    public string TablePath { get; }

    public string Folder => _folder.FullName;

    /// <summary>Row r is 1 at place r, and 2 at the next.</summary>
    public static float At(int row, int column) => column == row ? 1 : column == row + 1 ? 2 : 0;

    public static float WeightOf(int row) => row == 17 ? 0 : 1 + (row % 3);

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Tokenizer()
    {
        string pieces = string.Join(',', Vocabulary.Select((piece, id) => $"\"{piece}\":{id}"));
        return "{\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":true},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{" + pieces + "}}}";
    }

    private static byte[] Table(string type, bool weighted)
    {
        int size = type == "F32" ? 4 : 2;
        int end = Vocabulary.Length * Dimensions * size;
        string weights = weighted ? $",\"weights\":{{\"dtype\":\"F32\",\"shape\":[{Vocabulary.Length}],\"data_offsets\":[{end},{end + (Vocabulary.Length * 4)}]}}" : "";
        string header = $"{{\"embeddings\":{{\"dtype\":\"{type}\",\"shape\":[{Vocabulary.Length},{Dimensions}],\"data_offsets\":[0,{end}]}}{weights}}}";
        using var file = new MemoryStream();
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, header.Length);
        file.Write(number);
        file.Write(Encoding.ASCII.GetBytes(header));
        for (int i = 0; i < Vocabulary.Length * Dimensions; i++)
        {
            float value = At(i / Dimensions, i % Dimensions);
            if (type == "F32") BinaryPrimitives.WriteSingleLittleEndian(number, value);
            else if (type == "F16") BinaryPrimitives.WriteHalfLittleEndian(number, (Half)value);
            else BinaryPrimitives.WriteUInt16LittleEndian(number, (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
            file.Write(number[..size]);
        }

        for (int row = 0; weighted && row < Vocabulary.Length; row++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(number, WeightOf(row));
            file.Write(number[..4]);
        }

        return file.ToArray();
    }
}
