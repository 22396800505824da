using System.Text;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Remembers what of an answer has gone out, so that another route can go on from there: it must begin with the very same words.</summary>
internal sealed class SentText(bool remember)
{
    private readonly StringBuilder _sent = new();
    private int _toSkip;
    private bool _hasMore;
    private Exception? _broken;

    /// <summary>What is to be sent on, or null at the end.</summary>
    public ChatResponseUpdate? Current { get; private set; }

    /// <summary>Whether all that went out was text, it was remembered, and no other route has been asked for the rest before.</summary>
    public bool CanReplay => remember && !_hasMore && _broken is null;

    /// <summary>From here on the first words are those that have gone out already.</summary>
    public void Replay(Exception broken)
    {
        _broken = broken;
        _toSkip = _sent.Length;
    }

    public void End() => Current = null;

    /// <summary>Takes an update.</summary>
    /// <returns>False if all of it has gone out already.</returns>
    /// <exception cref="ChatProviderException">The second answer is another than the first, whose failure is the cause.</exception>
    public bool Take(ChatResponseUpdate update)
    {
        Current = update;
        if (!remember) return true;
        if (_toSkip > 0)
        {
            if (Rest(update) is not { } rest) return false;
            Current = rest;
        }

        foreach (AIContent content in Current.Contents)
        {
            if (content is TextContent text) _sent.Append(text.Text);
            else if (content is not UsageContent) _hasMore = true;
        }

        return true;
    }

    private ChatResponseUpdate? Rest(ChatResponseUpdate update)
    {
        string text = update.Text;
        int common = Math.Min(text.Length, _toSkip);
        string expected = _sent.ToString(_sent.Length - _toSkip, common);
        if (!text.AsSpan(0, common).SequenceEqual(expected) || (update.FinishReason is not null && text.Length < _toSkip))
            throw new ChatProviderException("A stream broke, and the answer of another route does not begin with the words that had gone out.", _broken);
        _toSkip -= common;
        if (common == text.Length && update.FinishReason is null) return null;
        ChatResponseUpdate rest = update.Clone();
        rest.Contents = [.. update.Contents.Where(content => content is not TextContent)];
        if (common < text.Length) rest.Contents.Insert(0, new TextContent(text[common..]));
        return rest;
    }
}
