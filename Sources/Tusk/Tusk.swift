// What a task author imports: handlers, the worker that runs them, and the client that enqueues jobs for them. The
// values of jobs come along.
@_exported public import TuskCore
