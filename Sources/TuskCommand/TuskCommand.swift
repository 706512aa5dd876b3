import Glibc

/// The process starts here, on the main actor, where closures that other threads call must not be written; so this
/// only forwards.
@main
struct TuskCommand {
    static func main() {
        exit(Program.run().rawValue)
    }
}
