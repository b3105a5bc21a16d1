using System.Net;
using System.Text;
using System.Text.Json;
using Db.Notifying;
using Xunit;

namespace Db.Tests;

public class WebhookTests
{
    private const string Secret = "T0KEN";

    private static readonly WebhookPatience _short = new(4, TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(1));

    private static readonly ReleaseNotice _notice = new(
        ReleaseEvent.Failed,
        "2026-11",
        "db.example.com:5432/app",
        "AddPhone failed: could not connect with postgresql://owner:hunter2@db/app <now> & Password=hunter2;x",
        ["Nothing was lost.", "The password is s3cretword."]
    );

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_part_is_sent_by_its_name_and_no_password_with_it()
    {
        using var listener = new Listener(_ => 200);

        var delivery = await SendAsync(listener.Url);

        Assert.Equal(
            (true, 1, null, "127.0.0.1"),
            (delivery.Delivered, delivery.Attempts, delivery.Problem, delivery.Host)
        );
        var body = JsonDocument.Parse(Assert.Single(listener.Bodies)).RootElement;
        Assert.Equal("failed", body.GetProperty("event").GetString());
        Assert.Equal("2026-11", body.GetProperty("release").GetString());
        Assert.Equal("db.example.com:5432/app", body.GetProperty("database").GetString());
        Assert.Equal(
            "AddPhone failed: could not connect with postgresql://owner:***@db/app <now> & Password=***;x",
            body.GetProperty("summary").GetString()
        );
        Assert.Equal("The password is ***.", body.GetProperty("details")[1].GetString());
        Assert.StartsWith(
            "Release 2026-11 FAILED on db.example.com:5432/app\n",
            body.GetProperty("text").GetString(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Slack_gets_a_text_with_its_three_characters_escaped()
    {
        using var listener = new Listener(_ => 200);

        await SendAsync(listener.Url, WebhookFormat.Slack);

        var body = JsonDocument.Parse(Assert.Single(listener.Bodies)).RootElement;
        Assert.Equal("text", Assert.Single(body.EnumerateObject()).Name);
        Assert.Equal(
            "*Release 2026-11 FAILED* on db.example.com:5432/app\n"
                + "AddPhone failed: could not connect with postgresql://owner:***@db/app &lt;now&gt; &amp; Password=***;x\n"
                + "• Nothing was lost.\n• The password is ***.",
            body.GetProperty("text").GetString()
        );
    }

    [Fact]
    public async Task One_that_fails_at_first_is_tried_again()
    {
        using var listener = new Listener(attempt =>
            attempt switch
            {
                1 => 503,
                2 => 429,
                _ => 200,
            }
        );

        var delivery = await SendAsync(listener.Url);

        Assert.Equal((true, 3), (delivery.Delivered, delivery.Attempts));
    }

    [Theory]
    [InlineData(500, 4)]
    [InlineData(404, 1)]
    [InlineData(302, 1)]
    public async Task One_that_does_not_accept_it_is_said(int status, int attempts)
    {
        using var listener = new Listener(_ => status);

        var delivery = await SendAsync(listener.Url);

        Assert.Equal(
            (false, attempts, $"it answered {status}"),
            (delivery.Delivered, delivery.Attempts, delivery.Problem)
        );
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(delivery), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_hangs_is_given_up()
    {
        using var listener = new Listener(_ => null);

        var delivery = await SendAsync(
            listener.Url,
            patience: new WebhookPatience(2, TimeSpan.FromMilliseconds(200), TimeSpan.FromMilliseconds(1))
        );

        Assert.Equal(
            (false, 2, "it did not answer within 0.2 s"),
            (delivery.Delivered, delivery.Attempts, delivery.Problem)
        );
    }

    [Fact]
    public async Task One_that_is_down_is_said_without_its_address()
    {
        string url;
        using (var listener = new Listener(_ => 200))
        {
            url = listener.Url;
        }

        var delivery = await SendAsync(url);

        Assert.Equal(
            (false, 4, "no connection could be made"),
            (delivery.Delivered, delivery.Attempts, delivery.Problem)
        );
        Assert.DoesNotContain(Secret, JsonSerializer.Serialize(delivery), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false, "RELEASE_WEBHOOK_URL is not set")]
    [InlineData(
        "T0KEN",
        true,
        "RELEASE_WEBHOOK_URL is not an address that begins with https:// (it is not shown: it is a secret)"
    )]
    [InlineData(
        "ftp://h/T0KEN",
        true,
        "RELEASE_WEBHOOK_URL is not an address that begins with https:// (it is not shown: it is a secret)"
    )]
    public async Task One_that_cannot_be_used_fails_nothing(string? url, bool isSet, string problem)
    {
        var delivery = await SendAsync(url);

        Assert.Equal(
            (isSet, false, 0, problem),
            (delivery.IsSet, delivery.Delivered, delivery.Attempts, delivery.Problem)
        );
    }

    [Theory]
    [InlineData("https://hooks.slack.com/services/T0KEN", "….slack.com")]
    [InlineData("https://T0KEN.webhook.example.com/x", "….example.com")]
    [InlineData("https://user:T0KEN@example.com/", "example.com")]
    public void Where_it_leads_is_shown_without_the_secret(string url, string host) =>
        Assert.Equal(host, ReleaseWebhook.FromEnvironment(environment: _ => url).Host);

    [Fact]
    public async Task The_command_says_what_became_of_it()
    {
        using var listener = new Listener(attempt => attempt == 1 ? 500 : 200);
        var tool = new Tool().With("DATABASE_URL", "postgresql://u:hunter2@db.example.com/app");

        var told = await tool.With(ReleaseWebhook.Variable, listener.Url)
            .RunAsync("notify", "started", "--name", "2026-11", "--summary", "hunter2 is the password");
        var notSet = await tool.With(ReleaseWebhook.Variable, "").RunAsync("notify", "started");

        Assert.Equal((0, "Told 127.0.0.1 at the second attempt.\n"), (told.ExitCode, told.StandardOutput));
        Assert.DoesNotContain("hunter2", listener.Bodies[1], StringComparison.Ordinal);
        Assert.Contains("\"database\":\"db.example.com:5432/app\"", listener.Bodies[1], StringComparison.Ordinal);
        Assert.Equal(2, notSet.ExitCode);
        Assert.StartsWith("RELEASE_WEBHOOK_URL is not set.", notSet.StandardError, StringComparison.Ordinal);
    }

    private static Task<NoticeDelivery> SendAsync(
        string? url,
        WebhookFormat? format = null,
        WebhookPatience? patience = null
    ) =>
        ReleaseWebhook
            .FromEnvironment(
                format,
                patience ?? _short,
                name =>
                    name switch
                    {
                        ReleaseWebhook.Variable => url,
                        "MIGRATE_DATABASE_URL" => "postgresql://owner:s3cretword@db/app",
                        _ => null,
                    }
            )
            .SendAsync(_notice, Cancellation);

    /// <summary>A real listener on this machine that answers as it is told; null for never.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly HttpListener _listener;
        private readonly Func<int, int?> _answer;

        public Listener(Func<int, int?> answer)
        {
            _answer = answer;
            Url = "";
            for (var attempt = 0; ; attempt++)
            {
                // One that could not start is of no more use.
                _listener = new HttpListener();
                var port = Random.Shared.Next(20_000, 60_000);
                try
                {
                    _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
                    _listener.Start();
                    Url = $"http://127.0.0.1:{port}/{Secret}";
                    break;
                }
                catch (HttpListenerException) when (attempt < 20)
                {
                    // Somebody has that port.
                }
            }

            _ = ServeAsync();
        }

        public string Url { get; }

        public List<string> Bodies { get; } = [];

        public void Dispose() => _listener.Close();

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                Bodies.Add(await reader.ReadToEndAsync());
                if (_answer(Bodies.Count) is { } status)
                {
                    context.Response.StatusCode = status;
                    context.Response.Close();
                }
            }
        }
    }
}
