import Testing

/// Tests with a running worker. One after another: they measure times on a machine with few cores.
@Suite(.serialized) enum WorkerTests {}
