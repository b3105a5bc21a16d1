using Db.Commands;

return await CommandLine.RunAsync(args);
