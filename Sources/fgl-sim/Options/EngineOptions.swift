import ArgumentParser
import Foundation
import Scenarios

/// Who does the real work of a command: threads of this process, or the workers of a Dask cluster.
struct EngineOptions: ParsableArguments {
    @Option(
        help:
            "Who works: local, dask-local:N, dask://HOST:PORT, tls://HOST:PORT."
    )
    var engine = "local"

    @Option(
        help: "A folder that all machines see; bytes then travel through it.",
        completion: .directory)
    var engineShared: String?

    @Option(help: "How long a run waits for workers. Default: 300s.")
    var engineTimeout: String?

    @Option(help: "For tls://: three PEM files, CA,CERTIFICATE,KEY.")
    var engineTls: String?

    @Flag(help: "Also uses workers of other types; bits may then differ.")
    var engineMixed = false

    func validate() throws {
        guard let address = EngineAddress(engine) else {
            throw ValidationError("\(EngineError.badAddress(engine)).")
        }
        let given: [(String, Bool)] = [
            ("shared", engineShared != nil), ("timeout", engineTimeout != nil), ("tls", engineTls != nil),
            ("mixed", engineMixed),
        ]
        if address == .local, let option = given.first(where: \.1)?.0 {
            throw ValidationError("--engine-\(option) is allowed with --engine dask… or tls… only.")
        }
        var isEncrypted = false
        if case .dask(_, let encrypted) = address { isEncrypted = encrypted }
        guard isEncrypted == (engineTls != nil) else {
            throw ValidationError(
                isEncrypted
                    ? "--engine \(engine) needs --engine-tls CA,CERTIFICATE,KEY."
                    : "--engine-tls is allowed with --engine tls://HOST:PORT only.")
        }
        if let engineTls, Self.certificates(engineTls) == nil {
            throw ValidationError(
                "--engine-tls is \(engineTls); allowed are three files in PEM format, CA,CERTIFICATE,KEY.")
        }
        _ = try timeout()
    }

    /// The settings; `nil` for threads of this process.
    ///
    /// - Parameter notice: called with sentences about workers.
    func settings(notice: @escaping @Sendable (Notice) -> Void) throws -> EngineSettings? {
        guard let address = EngineAddress(engine), address != .local else { return nil }
        var settings = EngineSettings(address, build: BuildDescription.text)
        settings.certificates = engineTls.flatMap(Self.certificates)
        settings.sharedFolder = engineShared.map { URL(fileURLWithPath: $0).path }
        settings.timeoutSeconds = try timeout()
        settings.isMixed = engineMixed
        settings.notice = { notice(.note($0)) }
        settings.warning = { notice(.warning($0)) }
        return settings
    }

    private func timeout() throws -> Double {
        guard let engineTimeout else { return 300 }
        guard let seconds = try? QuantityKind.duration.parse(engineTimeout), 1...604_800 ~= seconds else {
            throw ValidationError(
                "--engine-timeout is \(engineTimeout); allowed is a time from 1s to 7 days, such as 300s.")
        }
        return seconds
    }

    private static func certificates(_ text: String) -> EngineSettings.Certificates? {
        let paths = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard paths.count == 3, !paths.contains("") else { return nil }
        return .init(authority: paths[0], certificate: paths[1], key: paths[2])
    }
}
