import Tusk
import TuskCore

/// What a receiver is told of a job: the members that the API gives them, without those that have no value.
enum WebhookMessage {
    /// The message as JSON; args and metadata as they came, byte for byte.
    static func bytes(_ context: JobContext) -> [UInt8] {
        let args = context.rawArgs
        var writer = JSONWriter(capacity: args.bytes.count + 512)
        writer.beginObject()
        writer.key("id")
        writer.string(String(context.id.rawValue))
        writer.key("kind")
        writer.string(context.kind.text)
        writer.key("queue")
        writer.string(context.queue.text)
        writer.key("attempt")
        writer.int(context.attempt)
        writer.key("max_attempts")
        writer.int(context.maxAttempts)
        writer.key("created_at")
        writer.string(context.createdAt.rfc3339Text)
        if !context.tags.isEmpty {
            writer.key("tags")
            writer.beginArray()
            for tag in context.tags { writer.string(tag) }
            writer.endArray()
        }
        if let metadata = context.metadata {
            writer.key("metadata")
            writer.raw(metadata)
        }
        writer.key("args")
        writer.raw(args)
        writer.endObject()
        return writer.bytes
    }
}
