import Foundation
import Testing
import TuskCore
import TuskTasks

@testable import TuskCommand

@Suite struct DataAccessTests {
    private func read(_ environment: [String: String]) throws -> [String] {
        var sources = Configuration.Sources()
        sources.environment = environment
        sources.usualFiles = []
        let configuration = try Configuration(Option.settings, sources)
        let data = try DataAccess.read(configuration, [:])
        return data.queries.keys.sorted() + data.functions + data.importRoots + data.outputRoots
    }

    @Test(arguments: [
        (["TUSK_IMPORT_ROOT": "/data"], "--import-root is given, and no table"),
        (["TUSK_TABLES": "airports"], "--tables must be like schema.name"),
        (["TUSK_TABLES": "tusk.*"], "--tables must be like schema.name"),
        (["TUSK_TABLES": "pg_catalog.pg_class"], "--tables must be like schema.name"),
        (["TUSK_FUNCTIONS": "work"], "--functions must be like schema.name"),
        (["TUSK_FUNCTIONS": "tusk.cancel"], "--functions must be like schema.name"),
        (["TUSK_ALLOW_NETWORKS": "10.0.0.0/40"], "--allow-networks must be like"),
        (["TUSK_SIGNING_KEY": "secret"], "--signing-key must be whsec_"),
        (["TUSK_CA_FILE": "/nowhere.pem"], "--ca-file names /nowhere.pem, which does not exist"),
        (["TUSK_CA_FILE": "/dev/null"], "--ca-file names /dev/null, which is not a regular file"),
        (["TUSK_CA_FILE": "/etc/hostname"], "--ca-file names /etc/hostname, which has no certificate in PEM"),
        (["TUSK_QUERY_DIR": "/nowhere"], "the directory /nowhere cannot be read"),
    ])
    func `what cannot be allowed is refused at the start`(environment: [String: String], words: String) {
        let error = #expect(throws: CommandError.self) { try read(environment) }
        #expect(error?.message.hasPrefix(words) == true, "\(String(describing: error))")
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("secret") == false)
    }

    @Test func `queries are the files of their directory`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tusk-queries-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        try Data("select 1;".utf8).write(to: folder.appending(path: "one.sql"))
        try Data("no query".utf8).write(to: folder.appending(path: "README"))
        let given = ["TUSK_QUERY_DIR": folder.path, "TUSK_FUNCTIONS": "public.a,public.b", "TUSK_OUTPUT_ROOT": "/x:/y"]
        #expect(try read(given) == ["one", "public.a", "public.b", "/x", "/y"])
        try Data("-- param x\nselect 1".utf8).write(to: folder.appending(path: "two.sql"))
        let error = #expect(throws: CommandError.self) { try read(given) }
        #expect(error?.message.contains("two.sql has a line that is not like -- param name type") == true)
    }
}
