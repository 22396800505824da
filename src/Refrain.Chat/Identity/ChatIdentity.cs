using Microsoft.Extensions.AI;
using Microsoft.Extensions.ObjectPool;

namespace Refrain.Chat;

/// <summary>
/// What makes two chats the same one. The text is the last text of the last user turn; the scope's bytes are all the rest: provider, model,
/// options, tools, every message, in order. Computed straight from the objects; equal in every process and every run.
/// </summary>
/// <remarks>Pooled: rent it, read it, dispose of it. The layout begins with <see cref="Version"/>; a change of layout changes it, and old entries miss.</remarks>
internal sealed class ChatIdentity : IDisposable
{
    public const byte Version = 1;

    private static readonly DefaultObjectPool<ChatIdentity> Pool = new(new DefaultPooledObjectPolicy<ChatIdentity>(), 64);

    private readonly IdentityWriter _writer = new();
    private readonly List<string> _callIds = [];

    private enum Field : byte
    {
        Provider = 1, Instructions, Temperature, MaxOutputTokens, TopP, TopK, FrequencyPenalty, PresencePenalty, Seed, ReasoningEffort,
        ReasoningOutput, FormatText, FormatJson, Model, Stop, ManyToolCalls, ToolMode, Tools, Background, Properties, Messages,
    }

    /// <summary>What may be similar; empty where no user has said anything.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Whether the text ends the conversation. If not, what follows was an answer to these very words, and no similar ones will do.</summary>
    public bool TextIsLast { get; private set; }

    /// <summary>Why the chat has no identity, or None.</summary>
    public BypassReason Refusal { get; private set; }

    /// <summary>What must be equal. Valid until disposal.</summary>
    public ReadOnlySpan<byte> Scope => _writer.Written;

    /// <summary>Computes the identity of one request.</summary>
    /// <param name="provider">Who answers: see <see cref="ProviderIdentity"/>.</param>
    /// <param name="messages">The whole conversation.</param>
    /// <param name="options">Null and new options are the same.</param>
    /// <param name="rules">Names of ignored properties, and whether a raw factory may be ignored.</param>
    /// <param name="condensed">The question that stands for the conversation, or null.</param>
    public static ChatIdentity Of(
        ReadOnlySpan<byte> provider, IReadOnlyList<ChatMessage> messages, ChatOptions? options, RefrainChatOptions rules, string? condensed = null)
    {
        ChatIdentity identity = Pool.Get();
        identity._writer.Byte(Version);
        identity.Write(Field.Provider);
        identity._writer.Bytes(provider);
        if (options is not null) identity.WriteOptions(options, rules);
        identity.WriteMessages(messages, rules, condensed);
        if (identity._writer.Failed && identity.Refusal == BypassReason.None) identity.Refusal = BypassReason.Unidentifiable;
        return identity;
    }

    public void Dispose()
    {
        _writer.Clear();
        _callIds.Clear();
        Text = "";
        TextIsLast = false;
        Refusal = BypassReason.None;
        Pool.Return(this);
    }

    private void WriteOptions(ChatOptions options, RefrainChatOptions rules)
    {
        if (options.ConversationId is not null || options.ContinuationToken is not null) Refusal = BypassReason.ServerState;
        if (options.RawRepresentationFactory is not null && !rules.IgnoreRawRepresentationFactory) Refusal = BypassReason.RawRepresentation;

        Write(Field.Instructions, options.Instructions);
        Write(Field.Temperature, options.Temperature);
        Write(Field.MaxOutputTokens, options.MaxOutputTokens);
        Write(Field.TopP, options.TopP);
        Write(Field.TopK, options.TopK);
        Write(Field.FrequencyPenalty, options.FrequencyPenalty);
        Write(Field.PresencePenalty, options.PresencePenalty);
        Write(Field.Seed, options.Seed);
        Write(Field.ReasoningEffort, (long?)options.Reasoning?.Effort);
        Write(Field.ReasoningOutput, (long?)options.Reasoning?.Output);
        WriteFormat(options.ResponseFormat);
        Write(Field.Model, options.ModelId);
        if (options.StopSequences is { Count: > 0 } stops)
        {
            Write(Field.Stop);
            _writer.Int32(stops.Count);
            for (int i = 0; i < stops.Count; i++) _writer.Text(stops[i]);
        }

        Write(Field.ManyToolCalls, options.AllowMultipleToolCalls is { } many ? (many ? 1 : 0) : null);
        WriteToolMode(options.ToolMode);
        if (options.Tools is { Count: > 0 } tools)
        {
            Write(Field.Tools);
            _writer.Int32(tools.Count);
            for (int i = 0; i < tools.Count; i++) ToolIdentity.Write(_writer, tools[i], rules.IgnoredProperties);
        }

        Write(Field.Background, options.AllowBackgroundResponses is { } background ? (background ? 1 : 0) : null);
        if (ValueIdentity.HasAny(options.AdditionalProperties, rules.IgnoredProperties))
        {
            Write(Field.Properties);
            ValueIdentity.WriteMap(_writer, options.AdditionalProperties, rules.IgnoredProperties);
        }
    }

    private void WriteFormat(ChatResponseFormat? format)
    {
        switch (format)
        {
            case null: break;
            case ChatResponseFormatText: Write(Field.FormatText); break;
            case ChatResponseFormatJson json:
                Write(Field.FormatJson);
                _writer.Text(json.SchemaName);
                _writer.Text(json.SchemaDescription);
                _writer.Byte(json.Schema.HasValue ? (byte)1 : (byte)0);
                if (json.Schema is { } schema) ValueIdentity.Write(_writer, schema);
                break;
            default:
                _writer.Fail();
                break;
        }
    }

    private void WriteToolMode(ChatToolMode? mode)
    {
        if (mode is null) return;
        Write(Field.ToolMode);
        switch (mode)
        {
            case AutoChatToolMode: _writer.Byte(1); break;
            case NoneChatToolMode: _writer.Byte(2); break;
            case RequiredChatToolMode required: _writer.Byte(3); _writer.Text(required.RequiredFunctionName); break;
            default: _writer.Fail(); break;
        }
    }

    private void WriteMessages(IReadOnlyList<ChatMessage> messages, RefrainChatOptions rules, string? condensed)
    {
        (int last, int part) = FindText(messages);
        Write(Field.Messages);
        if (condensed is not null)
        {
            // The conversation has become one question: only what instructs the model still counts, and what the last turn carries besides words.
            _writer.Byte(1);
            Text = condensed;
            TextIsLast = true;
            for (int i = 0; i < messages.Count; i++)
                if (IsInstruction(messages[i].Role) || i == last) WriteMessage(messages[i], i == last ? part : -1, rules);
        }
        else
        {
            _writer.Byte(0);
            _writer.Int32(messages.Count);
            if (last >= 0) Text = ((TextContent)messages[last].Contents[part]).Text ?? "";
            TextIsLast = last == messages.Count - 1;
            for (int i = 0; i < messages.Count; i++) WriteMessage(messages[i], i == last ? part : -1, rules);
        }

        if (string.IsNullOrWhiteSpace(Text) && Refusal == BypassReason.None) Refusal = BypassReason.NoText;
    }

    private void WriteMessage(ChatMessage message, int textPart, RefrainChatOptions rules)
    {
        WriteRole(message.Role);
        _writer.Text(message.AuthorName);
        IList<AIContent> contents = message.Contents;
        _writer.Int32(contents.Count);
        for (int i = 0; i < contents.Count; i++) ContentIdentity.Write(_writer, contents[i], isTheText: i == textPart, _callIds, rules.IgnoredProperties);
        if (ValueIdentity.HasAny(message.AdditionalProperties, rules.IgnoredProperties))
        {
            _writer.Byte(1);
            ValueIdentity.WriteMap(_writer, message.AdditionalProperties, rules.IgnoredProperties);
        }
        else
        {
            _writer.Byte(0);
        }
    }

    private void WriteRole(ChatRole role)
    {
        if (role == ChatRole.User) _writer.Byte(1);
        else if (role == ChatRole.Assistant) _writer.Byte(2);
        else if (role == ChatRole.System) _writer.Byte(3);
        else if (role == ChatRole.Tool) _writer.Byte(4);
        else
        {
            _writer.Byte(0);
            _writer.Text(role.Value);
        }
    }

    private static bool IsInstruction(ChatRole role) => role != ChatRole.User && role != ChatRole.Assistant && role != ChatRole.Tool;

    private static (int Message, int Part) FindText(IReadOnlyList<ChatMessage> messages)
    {
        for (int i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i].Role != ChatRole.User) continue;
            IList<AIContent> contents = messages[i].Contents;
            for (int j = contents.Count - 1; j >= 0; j--)
                if (contents[j] is TextContent) return (i, j);
            return (-1, -1);
        }

        return (-1, -1);
    }

    private void Write(Field field) => _writer.Byte((byte)field);

    private void Write(Field field, string? value)
    {
        if (value is null) return;
        Write(field);
        _writer.Text(value);
    }

    private void Write(Field field, float? value)
    {
        if (value is not { } number) return;
        Write(field);
        _writer.Single(number);
    }

    private void Write(Field field, long? value)
    {
        if (value is not { } number) return;
        Write(field);
        _writer.Int64(number);
    }
}
