using Microsoft.EntityFrameworkCore;

namespace Db.Tracing;

/// <summary>Makes the context whose migrations are traced.</summary>
/// <param name="connectionString">A scratch database.</param>
/// <param name="configure">To be called last on the context's options.</param>
internal delegate DbContext ContextFactory(string connectionString, Action<DbContextOptionsBuilder> configure);
