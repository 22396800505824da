using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Refrain.Chat;

namespace Refrain.Gateway;

/// <summary>The program while it serves: HTTP in front, the cache behind.</summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    private readonly WebApplication _app;
    private readonly GatewayBudgets _budgets;
    private readonly ChatPipeline _pipeline;

    private GatewayServer(WebApplication app, OpenedCache opened, GatewayBudgets budgets, ChatPipeline pipeline)
    {
        _app = app;
        Opened = opened;
        _budgets = budgets;
        _pipeline = pipeline;
    }

    /// <summary>The cache and what it stands on.</summary>
    public OpenedCache Opened { get; }

    /// <summary>The addresses it listens on; with the real port where 0 was asked for.</summary>
    public IReadOnlyCollection<string> Urls => [.. _app.Urls];

    /// <summary>Opens the cache and starts to listen.</summary>
    /// <param name="settings">How it runs.</param>
    /// <param name="time">The clock of everything but the demo model.</param>
    /// <param name="demoTime">The clock of the demo model's delays.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="SettingsException">A setting cannot be used, the data directory is taken, or the port is.</exception>
    public static async Task<GatewayServer> StartAsync(GatewaySettings settings, TimeProvider time, TimeProvider demoTime, CancellationToken cancellation)
    {
        IReadOnlyList<string> urls = ListenAddresses.Choose(settings);
        ModelPrices? prices = PriceList.Open(settings);
        WebApplication app = CreateApp(settings, urls, time);
        OpenedCache? opened = null;
        GatewayBudgets? budgets = null;
        ChatPipeline? pipeline = null;
        try
        {
            var services = new SemanticCacheServices
            {
                TimeProvider = time,
                LoggerFactory = app.Services.GetRequiredService<ILoggerFactory>(),
                MeterFactory = app.Services.GetRequiredService<IMeterFactory>(),
            };
            opened = await OpenedCache.OpenAsync(settings, services, cancellation).ConfigureAwait(false);
            budgets = new GatewayBudgets(settings, prices, opened.Store, time, app.Services.GetRequiredService<ILogger<GatewayBudgets>>());
            pipeline = ChatPipeline.Build(settings, opened.Cache, prices, budgets, new DemoModel(demoTime, prices), time, services.LoggerFactory);
            Map(app, settings, opened, pipeline, budgets, time);
            await app.StartAsync(cancellation).ConfigureAwait(false);
            return new GatewayServer(app, opened, budgets, pipeline);
        }
        catch (Exception e)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            pipeline?.Dispose();
            if (opened is not null)
                await opened.DisposeAsync().ConfigureAwait(false);
            if (e is IOException && e is not FileNotFoundException)
                throw new SettingsException($"Cannot listen on {string.Join(", ", urls)}: {e.Message} Choose another with --port or {SettingNames.Port}; 0 takes any that is free.", e);
            throw;
        }
    }

    /// <summary>Completes when the program is told to end, and the requests under way have been answered.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellation) => _app.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        // First nobody may come in any more; then what is still to be written is written.
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _pipeline.Dispose();
        await _budgets.DisposeAsync().ConfigureAwait(false);
        await Opened.DisposeAsync().ConfigureAwait(false);
    }

    private static WebApplication CreateApp(GatewaySettings settings, IReadOnlyList<string> urls, TimeProvider time)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseUrls([.. urls]);
        builder.WebHost.ConfigureKestrel(options => Limit(options, settings));
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTimeout);
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
        });
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        // That the host does not start is told to whoever started it, in a sentence.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        builder.Services.AddSingleton(time);
        builder.Services.AddSingleton<GatewayMeter>();
        builder.Services.AddSingleton<RequestLog>();
        AddTelemetry(builder);
        return builder.Build();
    }

    private static void Limit(KestrelServerOptions options, GatewaySettings settings)
    {
        options.AddServerHeader = false;
        options.Limits.MaxRequestBodySize = settings.RequestBytesMax;
        options.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
    }

    private static void AddTelemetry(WebApplicationBuilder builder)
    {
        bool exports = !string.IsNullOrEmpty(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);
        OpenTelemetry.OpenTelemetryBuilder telemetry = builder.Services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("refrain")).WithMetrics(metrics =>
        {
            // Refrain, Refrain.Gateway, Refrain.Chat and whatever else of ours there will be.
            metrics.AddMeter("Refrain*");
            // A scrape tells what is true now; two scrapers in the same moment are no burden.
            metrics.AddPrometheusExporter(prometheus => prometheus.ScrapeResponseCacheDurationMilliseconds = 0);
            if (exports)
                metrics.AddOtlpExporter();
        });
        if (exports)
            telemetry.WithTracing(tracing => tracing.AddSource("Refrain*").AddOtlpExporter());
    }

    private static void Map(WebApplication app, GatewaySettings settings, OpenedCache opened, ChatPipeline pipeline, GatewayBudgets budgets, TimeProvider time)
    {
        GatewayMeter meter = app.Services.GetRequiredService<GatewayMeter>();
        RequestLog log = app.Services.GetRequiredService<RequestLog>();
        var reader = new RequestReader(pipeline.Identity, settings.HandsKeyOn, time);
        var chat = new ChatEndpoint(pipeline.Chat, reader, settings.HandsKeyOn, meter, log, time, app.Services.GetRequiredService<ILogger<ChatEndpoint>>());
        var models = new ModelsEndpoint(pipeline.Upstream, settings, time);
        var stats = new StatsEndpoint(opened, settings, budgets, log, time);
        app.Use(next => new RequestGuard(next, settings).InvokeAsync);
        app.UseRouting();
        app.MapPost("/v1/chat/completions", chat.HandleAsync);
        app.MapGet("/v1/models", models.HandleAsync);
        app.MapDelete("/v1/cache", new CacheEndpoint(opened.Cache).DeleteAsync);
        app.MapPost("/v1/cache/wrong", new WrongHitEndpoint(pipeline.Chat, reader).HandleAsync);
        app.MapGet("/healthz", new HealthEndpoint(opened.Cache).HandleAsync);
        app.MapGet("/stats", stats.HandleAsync);
        app.MapGet("/", PageEndpoint.HandleAsync);
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapFallback(static context => Failures.RefuseAsync(context, StatusCodes.Status404NotFound,
            $"There is no {context.Request.Method} {context.Request.Path}. There are POST /v1/chat/completions and /v1/cache/wrong, DELETE /v1/cache, and GET /v1/models, /healthz, /metrics, /stats and /.", "not_found"));
    }
}
