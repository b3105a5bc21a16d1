using Xunit;

// Most of a test's time is a process's that it waits for: more of them than cores keep the cores busy.
[assembly: CollectionBehavior(MaxParallelThreads = 4)]
