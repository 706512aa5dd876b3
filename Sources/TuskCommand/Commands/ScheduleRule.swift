/// The options that say when a schedule fires.
enum ScheduleRule {
    static let cron = Option.argument(
        "cron",
        .text("'M H D M W'"),
        "when: minute hour day month weekday, or six fields with seconds first, or @daily and the like, or @every 90s"
    )
    static let timeZone = Option.argument(
        "tz",
        .text("ZONE"),
        fallback: "UTC",
        "the time zone in which the fields are read, such as Europe/Rome"
    )
}
