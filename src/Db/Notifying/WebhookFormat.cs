using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Db.Notifying;

/// <summary>What a webhook is sent.</summary>
internal enum WebhookFormat
{
    /// <summary>A text, as Slack and those who follow it (Mattermost, Rocket.Chat) take it.</summary>
    Slack,

    /// <summary>Every part of the notice by its name, and the text.</summary>
    Json,
}

/// <summary>Writes a notice.</summary>
internal static class WebhookBody
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static string Write(ReleaseNotice notice, WebhookFormat format, DateTimeOffset at) =>
        format == WebhookFormat.Slack
            ? JsonSerializer.Serialize(new { text = Text(notice, SlackEscaped, bold: "*") }, _json)
            : JsonSerializer.Serialize(
                new
                {
                    notice.Event,
                    notice.Release,
                    notice.Database,
                    notice.Summary,
                    notice.Details,
                    at,
                    text = Text(notice, text => text, bold: ""),
                },
                _json
            );

    private static string Text(ReleaseNotice notice, Func<string, string> escaped, string bold)
    {
        var verb = notice.Event switch
        {
            ReleaseEvent.Started => "started",
            ReleaseEvent.Finished => "finished",
            _ => "FAILED",
        };
        return string.Join(
            '\n',
            [
                $"{bold}Release {escaped(notice.Release)} {verb}{bold} on {escaped(notice.Database)}",
                escaped(notice.Summary),
                .. notice.Details.Select(detail => $"• {escaped(detail)}"),
            ]
        );
    }

    // The three that Slack gives a meaning of its own.
    private static string SlackEscaped(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal)
            .Replace("<", "&lt;", StringComparison.Ordinal)
            .Replace(">", "&gt;", StringComparison.Ordinal);
}
