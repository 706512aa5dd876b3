/// Rules about settings that only make sense together.
enum ServeRules {
    /// Refuses settings that contradict each other.
    static func check(_ configuration: Configuration) throws(CommandError) {
        guard configuration.flag(.noAuth), let listen = address(configuration, .listen), !listen.isLoopback else {
            return
        }
        throw CommandError(
            .configuration,
            "\(Option.noAuth.flag) would let everybody who reaches \(listen.text) do everything",
            hint: "Listen on 127.0.0.1, or create a key with tusk key create and leave \(Option.noAuth.flag) out."
        )
    }

    /// The address of a setting; nil when it has none.
    static func address(_ configuration: Configuration, _ option: Option) -> ListenAddress? {
        configuration.text(option).flatMap(ListenAddress.init)
    }
}
