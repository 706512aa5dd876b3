import Foundation

/// CSV files of numbers, words, times and quoted texts, in a folder of their own.
struct ImportFiles {
    /// Where they are.
    let folder: URL
    /// Their names in it.
    let names: [String]

    /// Writes so many rows, split over so many files. `name` is that of the folder, below the one for temporary files.
    init(named name: String, rows: Int, files: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: name)
        names = (1...files).map { "rows-\($0).csv" }
        do {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            for (number, name) in names.enumerated() {
                let text = Self.text(rows: rows * number / files..<rows * (number + 1) / files)
                try Data(text.utf8).write(to: folder.appending(path: name))
            }
        } catch {
            remove()
            throw BenchFailure("cannot write files below \(folder.path): \(error)")
        }
    }

    /// The absolute path of a file.
    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Removes the folder.
    func remove() {
        do {
            try FileManager.default.removeItem(at: folder)
        } catch {
            // Left for the system to clear; the figures do not depend on it.
            return
        }
    }

    private static func text(rows: Range<Int>) -> String {
        var text = "id,name,amount,taken_at,remark\n"
        for row in rows {
            text += "\(row),name \(row % 1000),\(row % 977).\(row % 100),2026-01-02T03:04:05Z,"
            text += "\"a \"\"quoted\"\" remark\"\n"
        }
        return text
    }
}
