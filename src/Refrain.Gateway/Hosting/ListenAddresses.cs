using System.Net;
using System.Net.Sockets;

namespace Refrain.Gateway;

/// <summary>Decides where to listen, and whether that is safe.</summary>
internal static class ListenAddresses
{
    private const int PortsTried = 20;

    /// <summary>The addresses to listen on.</summary>
    /// <exception cref="SettingsException">An address could be reached from elsewhere, and no key is asked for; or none is free.</exception>
    public static IReadOnlyList<string> Choose(GatewaySettings settings)
    {
        IReadOnlyList<string> urls = settings.Urls is { Count: > 0 } named ? named : [$"http://{Bracketed(settings.Host)}:{settings.Port ?? FreePort(settings.Host)}"];
        foreach (string url in urls)
        {
            if (!IsLoopback(url) && settings.ApiKeys.Count == 0)
            {
                throw new SettingsException(
                    $"{url} can be reached from other machines, and no key is asked for. Set {SettingNames.ApiKeys} to the keys that callers must present, or listen on 127.0.0.1.");
            }
        }
        return urls;
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    public static bool IsLoopback(string url)
    {
        if (url.Contains("://unix:/", StringComparison.OrdinalIgnoreCase))
            return true;
        if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? address))
            return false;
        return IsLoopbackHost(address.Host.Trim('[', ']'));
    }

    /// <summary>Whether a host name stands for this machine and nothing else.</summary>
    public static bool IsLoopbackHost(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? ip) && IPAddress.IsLoopback(ip));

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) && host[0] != '[' ? $"[{host}]" : host;

    private static int FreePort(string host)
    {
        IPAddress address = IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) ? ip : IPAddress.Loopback;
        for (int port = GatewaySettings.PortDefault; port < GatewaySettings.PortDefault + PortsTried; port++)
        {
            if (IsFree(address, port))
                return port;
        }
        throw new SettingsException(
            $"The ports from {GatewaySettings.PortDefault} to {GatewaySettings.PortDefault + PortsTried - 1} are all taken. Choose one with --port or {SettingNames.Port}; 0 takes any that is free.");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
