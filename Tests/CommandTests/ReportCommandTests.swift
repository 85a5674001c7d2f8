import Foundation
import Testing

/// The report and the exports of the results file in the repository, from the command line to the browser.
@Suite("Report and export commands")
struct ReportCommandTests {
    private static let results = "results/cookbook.sqlite"

    @Test("report writes a page of less than 2 MB and prints its path")
    func report() throws {
        let path = Program.temporaryPath("report.html")
        let outcome = try Program.run("report", Self.results, "--output", path)
        #expect(outcome.code == 0 && outcome.output == "\(path)\n", "\(outcome.errors)")
        let html = try String(contentsOfFile: path, encoding: .utf8)
        #expect(html.utf8.count < 2_000_000 && html.hasPrefix("<!doctype html>"))
    }

    @Test("What cannot be read or written ends with 74 or 73, and leaves what was there")
    func failures() throws {
        #expect(try Program.run("report", "/no/such.sqlite", "--output", "/tmp/x.html").code == 74)
        #expect(try Program.run("report", Self.results, "--output", "README.md/x.html").code == 73)
        #expect(try Program.run("report", Self.results).code == 64)
        #expect(
            try Program.run("report", Self.results, "--output", "/tmp/x.html", "--images", "/no/such").code
                == 74)
        #expect(try Program.run("export", Self.results, "--format", "xml", "--output", "/tmp/x").code == 64)
        #expect(
            try Program.run("export", Self.results, "--format", "csv", "--output", "README.md/x").code == 73)
        #expect(
            try Program.run("export", Self.results, "--format", "csv", "--output", "/tmp/x", "--images", ".")
                .code == 64)
        #expect(
            try Program.run("export", "/no/such.sqlite", "--format", "csv", "--output", "/tmp/x").code == 74)
    }

    @Test("No command replaces a results file by a page, a trace or a picture: 73, and it stays as it is")
    func databaseAsOutput() throws {
        let path = Program.temporaryPath("kept.sqlite")
        try FileManager.default.copyItem(
            at: Program.root.appendingPathComponent(Self.results), to: URL(fileURLWithPath: path))
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        for source in [path, Self.results] {
            for arguments in [
                ["report", source], ["export", source, "--format", "perfetto"], ["retrieve", source],
                ["world"], ["synthesize", "A photo of a star", "--format", "sheet"],
            ] {
                let outcome = try Program.run(arguments + ["--output", path])
                #expect(outcome.code == 73, "\(arguments): \(outcome.code) \(outcome.errors)")
                #expect(
                    outcome.errors.contains("\(path): cannot be written: it is an SQLite database"),
                    "\(outcome.errors)")
                #expect(outcome.errors.split(separator: "\n").count == 1 && outcome.output.isEmpty)
            }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("Every format of export writes what it says", arguments: ["perfetto", "csv", "tensorboard"])
    func export(format: String) throws {
        let path = Program.temporaryPath("export")
        let outcome = try Program.run("export", Self.results, "--format", format, "--output", path)
        #expect(outcome.code == 0 && outcome.output == "\(path)\n", "\(outcome.errors)")
        var isFolder: ObjCBool = false
        #expect(FileManager.default.fileExists(atPath: path, isDirectory: &isFolder))
        #expect(isFolder.boolValue == (format != "perfetto"))
    }

    /// Chromium or Chrome, where this machine has one.
    private static let chromium = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first(where: FileManager.default.isExecutableFile(atPath:))

    @Test(
        "In Chromium: no console error, every chart shown, texts of 11 pixels or more, no sideways scrolling",
        .enabled(if: chromium != nil), arguments: [1280, 390])
    func inChromium(width: Int) throws {
        let browser = try #require(Self.chromium)
        let folder = Program.temporaryPath("pages")
        #expect(try Program.run("report", Self.results, "--output", "\(folder)/report.html").code == 0)
        let page = try String(contentsOfFile: "\(folder)/report.html", encoding: .utf8)
        try page.replacing("<head>", with: "<head><script>\(Self.collector)</script>", maxReplacements: 1)
            .write(toFile: "\(folder)/page.html", atomically: true, encoding: .utf8)
        // A window cannot be as narrow as a phone; a frame can.
        try """
        <body><iframe src="page.html" width="\(width)" height="900"></iframe><pre id="result">nothing</pre>
        <script>onmessage = (event) => { document.getElementById("result").textContent = event.data; \
        };</script></body>
        """.write(toFile: "\(folder)/frame.html", atomically: true, encoding: .utf8)
        let outcome = try Program.run(
            URL(fileURLWithPath: browser),
            [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1400,1000",
                "--allow-file-access-from-files",
                "--virtual-time-budget=4000", "--dump-dom", "file://\(folder)/frame.html",
            ])
        let text =
            outcome.output.components(separatedBy: "<pre id=\"result\">").last?.components(
                separatedBy: "</pre>")[0] ?? ""
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        let result = try #require(object, "\(outcome.output.suffix(500)) \(outcome.errors.suffix(500))")
        let figures = page.components(separatedBy: "data-chart=").count - 1
        #expect(figures >= 8)
        #expect(result["errors"] as? [String] == [])
        #expect(result["width"] as? Int == width)
        #expect(result["shown"] as? Int == figures, "\(result)")
        #expect((result["smallest"] as? NSNumber)?.doubleValue ?? 0 >= 11, "\(result)")
        #expect((result["overflow"] as? NSNumber)?.doubleValue ?? 99 <= 0, "\(result)")
        #expect(result["tip"] as? String ?? "" != "", "\(result)")
    }

    /// Runs in the page: collects errors, and when it has loaded tells what a reader would see.
    private static let collector = """
        const errors = [];
        addEventListener("error", (event) => errors.push(String(event.message)));
        const log = console.error; console.error = (...all) => { errors.push(all.join(" ")); log(...all); };
        addEventListener("load", () => {
          let shown = 0, smallest = 99;
          for (const figure of document.querySelectorAll("figure[data-chart]")) {
            const charts = [...figure.querySelectorAll("svg.chart")].filter((svg) => \
            svg.getBoundingClientRect().height > 40);
            if (charts.length !== 1) continue;
            shown += 1;
            const svg = charts[0], scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
            for (const text of svg.querySelectorAll("text")) {
              smallest = Math.min(smallest, parseFloat(getComputedStyle(text).fontSize) * scale);
            }
          }
          const lines = [...document.querySelectorAll("svg.lines")].find((svg) => \
          svg.getBoundingClientRect().height > 40);
          const at = lines.querySelector(".line").getAttribute("points").split(" ")[0].split(",").map(Number);
          const box = lines.getBoundingClientRect(), scale = box.width / lines.viewBox.baseVal.width;
          lines.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + at[0] * scale, clientY: \
          box.top + at[1] * scale, bubbles: true }));
          parent.postMessage(JSON.stringify({
            errors, shown, smallest, width: innerWidth,
            overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
            tip: document.getElementById("tip").textContent,
          }), "*");
        });
        """
}
