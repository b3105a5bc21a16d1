using System.Text.Json;
using System.Text.Json.Nodes;

namespace Db.Shipping;

/// <summary>The packages in what is shipped, as CycloneDX 1.6 (ECMA-424), read from what NuGet restored.</summary>
internal static class BillOfMaterials
{
    /// <param name="assets">The <c>project.assets.json</c> of each project that is shipped.</param>
    /// <exception cref="CouldNotRunException">One of them is not there.</exception>
    public static string Of(params IReadOnlyList<string> assets)
    {
        var packages = new SortedDictionary<string, JsonNode>(StringComparer.OrdinalIgnoreCase);
        foreach (var file in assets)
        {
            if (!File.Exists(file))
            {
                throw new CouldNotRunException($"{file} is not there: build first.");
            }

            var libraries = JsonNode.Parse(File.ReadAllText(file))!["libraries"]!.AsObject();
            foreach (var (name, library) in libraries)
            {
                if ((string?)library!["type"] == "package")
                {
                    packages[name] = Component(name, (string?)library["sha512"]);
                }
            }
        }

        return new JsonObject
        {
            ["bomFormat"] = "CycloneDX",
            ["specVersion"] = "1.6",
            ["version"] = 1,
            ["metadata"] = new JsonObject
            {
                ["component"] = new JsonObject { ["type"] = "application", ["name"] = "efbundle and db" },
            },
            ["components"] = new JsonArray([.. packages.Values]),
        }.ToJsonString(new JsonSerializerOptions { WriteIndented = true });
    }

    private static JsonObject Component(string nameAndVersion, string? sha512)
    {
        var slash = nameAndVersion.IndexOf('/');
        var (name, version) = (nameAndVersion[..slash], nameAndVersion[(slash + 1)..]);
        var component = new JsonObject
        {
            ["type"] = "library",
            ["bom-ref"] = $"pkg:nuget/{name}@{version}",
            ["name"] = name,
            ["version"] = version,
            ["purl"] = $"pkg:nuget/{name}@{version}",
        };
        if (sha512 is not null)
        {
            component["hashes"] = new JsonArray(
                new JsonObject
                {
                    ["alg"] = "SHA-512",
                    ["content"] = Convert.ToHexStringLower(Convert.FromBase64String(sha512)),
                }
            );
        }

        return component;
    }
}
