@main
struct TuskCommand {
    static func main() {
        print("tusk")
    }
}
