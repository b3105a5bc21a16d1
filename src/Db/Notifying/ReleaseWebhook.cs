using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Db.Notifying;

/// <summary>How long a webhook is tried.</summary>
/// <param name="Attempts">How often at most.</param>
/// <param name="Timeout">How long each attempt may take.</param>
/// <param name="FirstPause">The pause after the first; each further one is twice as long.</param>
internal sealed record WebhookPatience(int Attempts, TimeSpan Timeout, TimeSpan FirstPause)
{
    /// <summary>At most a quarter of a minute in all.</summary>
    public static WebhookPatience Default { get; } = new(4, TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(500));
}

/// <summary>
/// Tells the team by a webhook. It never throws and never takes long: a release does not fail because a chat is down. The
/// address is a secret, because whoever has it can post: it is never part of a result.
/// </summary>
internal sealed class ReleaseWebhook
{
    /// <summary>The variable that holds the address.</summary>
    public const string Variable = "RELEASE_WEBHOOK_URL";

    private readonly string? _url;
    private readonly WebhookFormat? _format;
    private readonly WebhookPatience _patience;
    private readonly Func<string, string?> _environment;

    private ReleaseWebhook(
        string? url,
        WebhookFormat? format,
        WebhookPatience patience,
        Func<string, string?> environment
    )
    {
        (_url, _format, _patience, _environment) = (url, format, patience, environment);
        if (string.IsNullOrWhiteSpace(url))
        {
            Problem = $"{Variable} is not set";
        }
        else if (
            !Uri.TryCreate(url.Trim(), UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp)
        )
        {
            Problem = $"{Variable} is not an address that begins with https:// (it is not shown: it is a secret)";
        }
        else
        {
            Address = address;
        }
    }

    /// <summary>Whether a webhook is meant to be there.</summary>
    public bool IsSet => !string.IsNullOrWhiteSpace(_url);

    /// <summary>Why it cannot be used as it stands; null where it can.</summary>
    public string? Problem { get; }

    /// <summary>Where it leads, without the part that is secret: <c>….slack.com</c>.</summary>
    public string? Host => Address is null ? null : Masked(Address);

    private Uri? Address { get; }

    /// <summary>The webhook that the environment names.</summary>
    /// <param name="format">What it is sent; null to tell by its host.</param>
    /// <param name="patience">How long it is tried; null for the default.</param>
    /// <param name="environment">Looks a variable up; null for this process's own.</param>
    public static ReleaseWebhook FromEnvironment(
        WebhookFormat? format = null,
        WebhookPatience? patience = null,
        Func<string, string?>? environment = null
    )
    {
        environment ??= Environment.GetEnvironmentVariable;
        return new ReleaseWebhook(environment(Variable), format, patience ?? WebhookPatience.Default, environment);
    }

    /// <summary>Sends a notice; tries again where that may help. It never throws.</summary>
    /// <param name="notice">What the team is told.</param>
    /// <param name="ct">Ends the attempts.</param>
    public async Task<NoticeDelivery> SendAsync(ReleaseNotice notice, CancellationToken ct)
    {
        if (Address is null)
        {
            return new NoticeDelivery(IsSet, false, 0, null, Problem, 0);
        }

        var watch = Stopwatch.StartNew();
        var attempts = 0;
        string? problem;
        try
        {
            var body = WebhookBody.Write(Clean(notice), _format ?? FormatFor(Address), DateTimeOffset.UtcNow);
            // The address goes to where it leads and nowhere else.
            using var handler = new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                ConnectTimeout = _patience.Timeout,
            };
            using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
            client.DefaultRequestHeaders.UserAgent.ParseAdd("db-release/1.0");
            for (var pause = _patience.FirstPause; ; pause *= 2)
            {
                attempts++;
                (problem, var again, var wanted) = await TryAsync(client, Address, body, ct);
                if (problem is null || !again || attempts == _patience.Attempts)
                {
                    break;
                }

                // Not all at the same moment, where many were turned away together.
                await Task.Delay(wanted ?? pause * (0.75 + Random.Shared.NextDouble() / 2), ct);
            }
        }
        catch (OperationCanceledException)
        {
            problem = "it was interrupted";
        }
        catch (Exception e)
        {
            // Whatever it is, it is not the release's trouble; its message may hold the address.
            problem = e.GetType().Name;
        }

        return new NoticeDelivery(true, problem is null, attempts, Host, problem, watch.ElapsedMilliseconds);
    }

    /// <summary>Why no connection to its host can be made, or null where one can. Nothing is sent.</summary>
    public async Task<string?> UnreachableAsync(CancellationToken ct)
    {
        if (Address is null)
        {
            return Problem;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_patience.Timeout);
        using var socket = new TcpClient();
        try
        {
            var next = HttpClient.DefaultProxy.GetProxy(Address) ?? Address;
            await socket.ConnectAsync(next.Host, next.Port, limit.Token);
            return null;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return $"no connection within {_patience.Timeout.TotalSeconds:0.#} s";
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain
                ? "its host's name is not known"
                : "no connection could be made";
        }
    }

    private async Task<(string? Problem, bool Again, TimeSpan? Pause)> TryAsync(
        HttpClient client,
        Uri address,
        string body,
        CancellationToken ct
    )
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(_patience.Timeout);
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await client.PostAsync(address, content, limit.Token);
            if (response.IsSuccessStatusCode)
            {
                return (null, false, null);
            }

            var again =
                (int)response.StatusCode >= 500
                || response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
            // What it asks for is done where it is not long.
            var wanted =
                response.Headers.RetryAfter?.Delta is { } delta && delta <= TimeSpan.FromSeconds(5)
                    ? delta
                    : (TimeSpan?)null;
            return ($"it answered {(int)response.StatusCode}", again, wanted);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return ($"it did not answer within {_patience.Timeout.TotalSeconds:0.#} s", true, null);
        }
        catch (HttpRequestException e)
        {
            return (
                e.HttpRequestError switch
                {
                    HttpRequestError.NameResolutionError => "its host's name is not known",
                    HttpRequestError.ConnectionError => "no connection could be made",
                    HttpRequestError.SecureConnectionError => "no secure connection could be made",
                    _ => "the connection was lost",
                },
                true,
                null
            );
        }
    }

    private ReleaseNotice Clean(ReleaseNotice notice) =>
        notice with
        {
            Release = NoticeText.WithoutSecrets(notice.Release, _environment),
            Database = NoticeText.WithoutSecrets(notice.Database, _environment),
            Summary = NoticeText.WithoutSecrets(notice.Summary, _environment),
            Details = [.. notice.Details.Select(d => NoticeText.WithoutSecrets(d, _environment))],
        };

    private static WebhookFormat FormatFor(Uri address) =>
        address.Host.EndsWith(".slack.com", StringComparison.OrdinalIgnoreCase)
            ? WebhookFormat.Slack
            : WebhookFormat.Json;

    // Some providers put the secret into the host's first label.
    private static string Masked(Uri address) =>
        address.HostNameType != UriHostNameType.Dns || address.Host.Count(c => c == '.') < 2
            ? address.Host
            : "…." + string.Join('.', address.Host.Split('.')[^2..]);
}
