using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.AI;

namespace Refrain.Chat.Tests;

public sealed class AnswerCodecTests
{
    private static readonly Gen<AIContent> Contents = Gen.OneOf(
        Gen.String.Select(text => (AIContent)new TextContent(text)),
        Gen.String.Select(text => (AIContent)new TextReasoningContent(text) { ProtectedData = text.Length % 2 == 0 ? null : text }),
        Gen.Select(Gen.String, Gen.Long).Select((text, number) => (AIContent)new FunctionCallContent("id" + text, "f", new Dictionary<string, object?> { ["s"] = text, ["n"] = number, ["z"] = null })),
        Gen.Byte.Array[0, 40].Select(bytes => (AIContent)new DataContent(bytes, "image/png")),
        Gen.Const(0).Select(_ => (AIContent)new UriContent("https://a.test/b.png", "image/png")),
        Gen.Long[0, 1000].Select(count => (AIContent)new UsageContent(new UsageDetails { InputTokenCount = count, CachedInputTokenCount = null, OutputTokenCount = 3, InputAudioTokenCount = 5, AdditionalCounts = new() { ["x"] = count } })));

    private static readonly Gen<AdditionalPropertiesDictionary?> Properties = Gen.OneOf<AdditionalPropertiesDictionary?>(
        Gen.Const((AdditionalPropertiesDictionary?)null),
        Gen.Select(Gen.String, Gen.Bool, Gen.Double, Gen.Decimal).Select((text, flag, real, money) => (AdditionalPropertiesDictionary?)new AdditionalPropertiesDictionary
        {
            ["text"] = text,
            ["flag"] = flag,
            ["real"] = real,
            ["money"] = money,
            ["single"] = 0.1f,
            ["json"] = JsonDocument.Parse("""{"a":[1,null]}""").RootElement,
        }));

    private static readonly Gen<ChatResponseUpdate> Update = Gen.Select(Contents.List[0, 3], Properties, Gen.Int[0, 3]).Select((contents, properties, shape) => new ChatResponseUpdate
    {
        Role = shape == 0 ? ChatRole.Assistant : null,
        AuthorName = shape == 1 ? "Ann" : null,
        MessageId = "m",
        ResponseId = "r",
        ModelId = "model",
        CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(shape)),
        FinishReason = shape == 3 ? new ChatFinishReason("odd") : null,
        Contents = contents,
        AdditionalProperties = properties,
    });

    [Fact]
    public void A_stream_comes_back_as_it_was_chunk_by_chunk()
    {
        Update.List[0, 8].Sample(
            updates =>
            {
                byte[] bytes = AnswerCodec.Encode(updates)!;
                Assert.True(AnswerCodec.TryDecode(bytes, out StoredAnswer? answer));
                Assert.Equal(updates.Select(Show), answer.ToUpdates().Select(Show));
            },
            iter: 300);
    }

    [Fact]
    public void A_response_comes_back_as_it_was()
    {
        Update.List[1, 5].Sample(
            updates =>
            {
                ChatResponse response = updates.ToChatResponse();
                byte[] bytes = AnswerCodec.Encode(response)!;
                Assert.True(AnswerCodec.TryDecode(bytes, out StoredAnswer? answer));
                Assert.Equal(Show(response), Show(answer.ToResponse()));
            },
            iter: 300);
    }

    [Fact]
    public void A_surrogate_pair_that_two_chunks_share_survives()
    {
        List<ChatResponseUpdate> updates = [new(ChatRole.Assistant, "\ud83d"), new(null, "\ude00!")];
        Assert.True(AnswerCodec.TryDecode(AnswerCodec.Encode(updates), out StoredAnswer? answer));
        Assert.Equal(["\ud83d", "\ude00!"], answer.ToUpdates().Select(update => update.Text));
        Assert.Equal("\ud83d\ude00!", answer.ToResponse().Text);
    }

    [Fact]
    public void The_annotations_of_a_text_survive()
    {
        var text = new TextContent("cited")
        {
            Annotations = [new CitationAnnotation { Title = "t", Url = new Uri("https://a.test"), Snippet = "s", FileId = "f", ToolName = "n", AnnotatedRegions = [new TextSpanAnnotatedRegion { StartIndex = 1, EndIndex = null }] }],
        };
        Assert.True(AnswerCodec.TryDecode(AnswerCodec.Encode(new ChatResponse(new ChatMessage(ChatRole.Assistant, [text]))), out StoredAnswer? answer));
        var citation = Assert.IsType<CitationAnnotation>(answer.ToResponse().Messages[0].Contents[0].Annotations!.Single());
        Assert.Equal(("t", "https://a.test", "s", "f", "n"), (citation.Title, citation.Url!.OriginalString, citation.Snippet, citation.FileId, citation.ToolName));
        var span = Assert.IsType<TextSpanAnnotatedRegion>(citation.AnnotatedRegions!.Single());
        Assert.Equal((1, (int?)null), (span.StartIndex, span.EndIndex));
    }

    [Fact]
    public void Our_own_properties_are_not_stored()
    {
        var response = new ChatResponse(new ChatMessage(ChatRole.Assistant, "a")) { AdditionalProperties = new() { [RefrainProperties.Kind] = "miss", ["theirs"] = 1L } };
        Assert.True(AnswerCodec.TryDecode(AnswerCodec.Encode(response), out StoredAnswer? answer));
        Assert.Equal(["theirs"], answer.ToResponse().AdditionalProperties!.Keys);
    }

    [Fact]
    public void What_cannot_be_replayed_faithfully_is_not_encoded()
    {
        Assert.Null(AnswerCodec.Encode(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new AIContent()]))));
        Assert.Null(AnswerCodec.Encode(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new HostedFileContent("f")]))));
        Assert.Null(AnswerCodec.Encode(new ChatResponse(new ChatMessage(ChatRole.Assistant, "a")) { AdditionalProperties = new() { ["x"] = new object() } }));
    }

    // Goal: damaged bytes are a miss, never a crash, and never more memory than they have bytes for. Method: flips, cuts and additions by seed.
    [Fact]
    public void Damaged_bytes_are_no_answer_or_another_one_but_never_a_crash()
    {
        byte[] whole = AnswerCodec.Encode(ScriptedProvider.Words("one two three four").ToList())!;
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte, Gen.Int[0, 3]).Sample(
            (index, value, how) =>
            {
                byte[] damaged = how switch
                {
                    0 => whole[..index],
                    1 => [.. whole, value],
                    _ => [.. whole],
                };
                if (how > 1) damaged[index] = value;
                bool decoded = AnswerCodec.TryDecode(damaged, out StoredAnswer? answer);
                if (how < 2) Assert.False(decoded);
                if (decoded) _ = answer!.ToUpdates();
            },
            iter: 20_000);
    }

    [Fact]
    public void Another_version_is_a_miss()
    {
        byte[] bytes = AnswerCodec.Encode(new ChatResponse(new ChatMessage(ChatRole.Assistant, "a")))!;
        Assert.Equal(AnswerCodec.Version, bytes[1]);
        bytes[1]++;
        Assert.False(AnswerCodec.TryDecode(bytes, out _));
    }

    [Fact]
    public void The_format_document_says_what_the_code_does()
    {
        string format = File.ReadAllText(Path.Combine(RootOf(AppContext.BaseDirectory), "src", "Refrain.Chat", "Answers", "FORMAT.md"));
        Assert.Equal(AnswerCodec.Fields, RowsOf(format, "# The format of a stored answer"));
        Assert.Equal(AnswerWriter.HeadFields, RowsOf(format, "## Head of a response"));
        Assert.Equal(AnswerWriter.MessageFields, RowsOf(format, "## Message"));
        Assert.Equal(AnswerWriter.UpdateFields, RowsOf(format, "## Update"));
        Assert.Equal(
            Enum.GetValues<ContentKind>().Select(kind => $"{(int)kind} {kind}"),
            Table(format, "## Content").Select(row => $"{row[1]} {row[2]}"));
    }

    private static int RowsOf(string format, string heading)
    {
        string[][] rows = Table(format, heading);
        Assert.Equal(Enumerable.Range(0, rows.Length).Select(index => $"{index}"), rows.Select(row => row[1]));
        return rows.Length;
    }

    private static string[][] Table(string format, string heading) =>
        [.. format[format.IndexOf(heading, StringComparison.Ordinal)..].Split('\n')
            .SkipWhile(line => !line.StartsWith("| ---", StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))];

    private static string RootOf(string folder) =>
        File.Exists(Path.Combine(folder, "Engine.sln")) ? folder : RootOf(Path.GetDirectoryName(folder)!);

    private static string Show(ChatResponse response) =>
        $"{response.ResponseId} {response.ModelId} {response.CreatedAt:O} {response.FinishReason} {Show(response.Usage)} {Show(response.AdditionalProperties)}\n"
        + string.Join('\n', response.Messages.Select(message =>
            $"{message.Role} {message.AuthorName} {message.MessageId} {message.CreatedAt:O} {Show(message.AdditionalProperties)} {string.Join(' ', message.Contents.Select(Show))}"));

    private static string Show(ChatResponseUpdate update) =>
        $"{update.Role} {update.AuthorName} {update.MessageId} {update.ResponseId} {update.ModelId} {update.CreatedAt:O} {update.FinishReason} {Show(update.AdditionalProperties)} {string.Join(' ', update.Contents.Select(Show))}";

    private static string Show(AIContent content) => content.GetType().Name + content switch
    {
        TextContent text => text.Text,
        TextReasoningContent reasoning => $"{reasoning.Text}/{reasoning.ProtectedData}",
        FunctionCallContent call => $"{call.CallId} {call.Name} {Show(call.Arguments)}",
        DataContent data => $"{data.MediaType} {Convert.ToHexString(data.Data.Span)}",
        UriContent uri => $"{uri.Uri} {uri.MediaType}",
        UsageContent usage => Show(usage.Details),
        _ => "",
    };

    private static string Show(UsageDetails? usage) =>
        usage is null ? "-" : $"{usage.InputTokenCount} {usage.OutputTokenCount} {usage.TotalTokenCount} {usage.CachedInputTokenCount} {usage.InputAudioTokenCount} {string.Join(',', usage.AdditionalCounts ?? [])}";

    private static string Show(IDictionary<string, object?>? properties) =>
        properties is null ? "-" : string.Join(',', properties.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value?.GetType().Name}:{pair.Value}"));
}
