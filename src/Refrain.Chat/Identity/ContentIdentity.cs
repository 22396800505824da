using System.Security.Cryptography;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Writes one content of a message. Images and files count by the SHA-256 of their bytes; ids of tool calls by the order they appear in.</summary>
internal static class ContentIdentity
{
    private enum Kind : byte { TheText = 1, Text, Reasoning, Call, Result, Data, Uri, HostedFile, VectorStore, Usage, Error }

    public static void Write(IdentityWriter writer, AIContent content, bool isTheText, List<string> callIds, ISet<string> ignored)
    {
        switch (content)
        {
            case TextContent when isTheText: Tag(writer, Kind.TheText); break;
            case TextContent text: Tag(writer, Kind.Text); writer.Text(text.Text); break;
            case TextReasoningContent reasoning:
                Tag(writer, Kind.Reasoning);
                writer.Text(reasoning.Text);
                writer.Text(reasoning.ProtectedData);
                break;
            case FunctionCallContent call:
                Tag(writer, Kind.Call);
                WriteCallId(writer, call.CallId, callIds);
                writer.Text(call.Name);
                ValueIdentity.WriteMap(writer, call.Arguments);
                writer.Text(call.Exception?.Message);
                break;
            case FunctionResultContent result:
                Tag(writer, Kind.Result);
                WriteCallId(writer, result.CallId, callIds);
                ValueIdentity.Write(writer, result.Result);
                writer.Text(result.Exception?.Message);
                break;
            case DataContent data: WriteData(writer, data); break;
            case UriContent uri:
                Tag(writer, Kind.Uri);
                writer.Text(uri.Uri.OriginalString);
                writer.Text(uri.MediaType);
                break;
            case HostedFileContent file:
                Tag(writer, Kind.HostedFile);
                writer.Text(file.FileId);
                writer.Text(file.MediaType);
                writer.Text(file.Name);
                break;
            case HostedVectorStoreContent store: Tag(writer, Kind.VectorStore); writer.Text(store.VectorStoreId); break;
            case UsageContent: Tag(writer, Kind.Usage); break;
            case ErrorContent error:
                Tag(writer, Kind.Error);
                writer.Text(error.Message);
                writer.Text(error.ErrorCode);
                writer.Text(error.Details);
                break;
            default: writer.Fail(); break;
        }

        WriteAnnotations(writer, content.Annotations, ignored);
        ValueIdentity.WriteMap(writer, content.AdditionalProperties, ignored);
    }

    private static void WriteData(IdentityWriter writer, DataContent data)
    {
        Tag(writer, Kind.Data);
        writer.Text(data.MediaType);
        writer.Text(data.Name);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(data.Data.Span, digest);
        writer.Raw(digest);
    }

    /// <summary>A provider makes up new ids for the same calls each time, so the ids themselves identify nothing; who refers to whom does.</summary>
    private static void WriteCallId(IdentityWriter writer, string callId, List<string> callIds)
    {
        int index = callIds.IndexOf(callId);
        if (index < 0)
        {
            index = callIds.Count;
            callIds.Add(callId);
        }

        writer.Int32(index);
    }

    private static void WriteAnnotations(IdentityWriter writer, IList<AIAnnotation>? annotations, ISet<string> ignored)
    {
        writer.Int32(annotations?.Count ?? 0);
        if (annotations is null) return;
        foreach (AIAnnotation annotation in annotations)
        {
            if (annotation is not CitationAnnotation citation)
            {
                writer.Fail();
                return;
            }

            writer.Text(citation.Title);
            writer.Text(citation.Url?.OriginalString);
            writer.Text(citation.FileId);
            writer.Text(citation.ToolName);
            writer.Text(citation.Snippet);
            writer.Int32(citation.AnnotatedRegions?.Count ?? 0);
            foreach (AnnotatedRegion region in citation.AnnotatedRegions ?? [])
            {
                if (region is not TextSpanAnnotatedRegion span)
                {
                    writer.Fail();
                    return;
                }

                writer.Int64(span.StartIndex ?? long.MinValue);
                writer.Int64(span.EndIndex ?? long.MinValue);
            }

            ValueIdentity.WriteMap(writer, annotation.AdditionalProperties, ignored);
        }
    }

    private static void Tag(IdentityWriter writer, Kind kind) => writer.Byte((byte)kind);
}
