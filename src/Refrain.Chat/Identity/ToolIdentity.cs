using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Refrain.Chat;

/// <summary>Writes what a model sees of a tool: kind, name, description, schemas, settings.</summary>
/// <remarks>
/// Sorting a schema costs more than all the rest of a request, so the bytes of a declaration are kept with the tool object,
/// and used again only after its name, description and schemas have been compared with those they were made from.
/// </remarks>
internal static class ToolIdentity
{
    private static readonly ConditionalWeakTable<AIFunctionDeclaration, Declaration> Declarations = [];

    private enum Kind : byte { Function = 1, WebSearch, CodeInterpreter, FileSearch, Mcp }

    public static void Write(IdentityWriter writer, AITool tool, ISet<string> ignored)
    {
        switch (tool)
        {
            case AIFunctionDeclaration function: WriteFunction(writer, function); break;
            case HostedWebSearchTool when tool.GetType() == typeof(HostedWebSearchTool): Tag(writer, Kind.WebSearch); break;
            case HostedCodeInterpreterTool { Inputs: null or { Count: 0 } } when tool.GetType() == typeof(HostedCodeInterpreterTool):
                Tag(writer, Kind.CodeInterpreter);
                break;
            case HostedFileSearchTool search when tool.GetType() == typeof(HostedFileSearchTool): WriteFileSearch(writer, search); break;
            case HostedMcpServerTool mcp when tool.GetType() == typeof(HostedMcpServerTool): WriteMcp(writer, mcp); break;
            default: writer.Fail(); break;
        }

        ValueIdentity.WriteMap(writer, tool.AdditionalProperties, ignored);
    }

    private static void WriteFunction(IdentityWriter writer, AIFunctionDeclaration function)
    {
        if (!Declarations.TryGetValue(function, out Declaration? declaration) || !declaration.IsOf(function))
        {
            declaration = Declaration.Of(function);
            Declarations.AddOrUpdate(function, declaration);
        }

        if (declaration.Bytes is { } bytes) writer.Raw(bytes);
        else writer.Fail();
    }

    private static void WriteFileSearch(IdentityWriter writer, HostedFileSearchTool search)
    {
        Tag(writer, Kind.FileSearch);
        writer.Int64(search.MaximumResultCount ?? long.MinValue);
        writer.Int32(search.Inputs?.Count ?? 0);
        foreach (AIContent input in search.Inputs ?? [])
        {
            if (input is HostedVectorStoreContent store) writer.Text(store.VectorStoreId);
            else writer.Fail();
        }
    }

    private static void WriteMcp(IdentityWriter writer, HostedMcpServerTool mcp)
    {
        Tag(writer, Kind.Mcp);
        writer.Text(mcp.ServerName);
        writer.Text(mcp.ServerAddress);
        writer.Text(mcp.ServerDescription);
        ValueIdentity.Write(writer, mcp.AllowedTools);
        ValueIdentity.WriteMap(writer, mcp.Headers?.Select(static header => KeyValuePair.Create(header.Key, (object?)Digest(header.Value))));
        switch (mcp.ApprovalMode)
        {
            case null: writer.Byte(0); break;
            case HostedMcpServerToolAlwaysRequireApprovalMode: writer.Byte(1); break;
            case HostedMcpServerToolNeverRequireApprovalMode: writer.Byte(2); break;
            case HostedMcpServerToolRequireSpecificApprovalMode specific:
                writer.Byte(3);
                ValueIdentity.Write(writer, specific.AlwaysRequireApprovalToolNames);
                ValueIdentity.Write(writer, specific.NeverRequireApprovalToolNames);
                break;
            default: writer.Fail(); break;
        }
    }

    /// <summary>Headers carry credentials, and a scope is stored.</summary>
    private static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static void Tag(IdentityWriter writer, Kind kind) => writer.Byte((byte)kind);

    private sealed record Declaration(string Name, string Description, JsonElement Schema, JsonElement? ReturnSchema, byte[]? Bytes)
    {
        public static Declaration Of(AIFunctionDeclaration function)
        {
            var writer = new IdentityWriter();
            Tag(writer, Kind.Function);
            writer.Text(function.Name);
            writer.Text(function.Description);
            ValueIdentity.Write(writer, function.JsonSchema);
            writer.Byte(function.ReturnJsonSchema.HasValue ? (byte)1 : (byte)0);
            if (function.ReturnJsonSchema is { } returned) ValueIdentity.Write(writer, returned);
            return new Declaration(
                function.Name, function.Description, function.JsonSchema.Clone(), function.ReturnJsonSchema?.Clone(), writer.Failed ? null : writer.Written.ToArray());
        }

        public bool IsOf(AIFunctionDeclaration function) =>
            Name == function.Name
            && Description == function.Description
            && JsonElement.DeepEquals(Schema, function.JsonSchema)
            && ReturnSchema.HasValue == function.ReturnJsonSchema.HasValue
            && (ReturnSchema is not { } mine || JsonElement.DeepEquals(mine, function.ReturnJsonSchema.GetValueOrDefault()));
    }
}
