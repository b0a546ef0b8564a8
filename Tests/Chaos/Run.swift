import ArgumentParser
import Foundation
import MessageTable
import Postgres
import ServiceKit
import TestKit

/// `Chaos run`: makes the database, starts the processes, lets things go wrong, and counts.
struct Run: AsyncParsableCommand {
    @Option(help: "For how long things go wrong.")
    var minutes = 10.0

    @Option(help: "The superuser's URL of a throw-away cluster.")
    var url: String

    @Option(help: "The cluster's folder, as deploy/local/lib/cluster.sh makes it.")
    var cluster: String

    @Option(help: "The mount point of the small disk that the cluster is on; without one no disk is filled.")
    var disk: String?

    @Option(help: "An empty folder for ledgers and logs.")
    var folder: String

    @Option(help: "The order of what goes wrong; the same seed gives the same order.")
    var seed = UInt64.random(in: 1...999_999)

    func run() async throws {
        let cluster = try OwnCluster(folder: cluster, url: url)
        let conductor = self
        let isFine = try await TestDatabase.with(
            on: url, migrations: [PlatformMigrations.all, MessageTableMigrations.all]
        ) { database in
            try await database.withPool { pool in
                try await pool.runScript(Self.tables)
                return try await FaultyProxy.with(before: "\(conductor.databaseURL)") { proxy in
                    let crew = try Crew(url: proxy.url, folder: conductor.folder)
                    let stage = Stage(
                        proxy: proxy, crew: crew, cluster: cluster, pool: pool,
                        disk: conductor.disk.map { Disk($0) }, seed: conductor.seed)
                    do {
                        return try await conductor.perform(on: stage)
                    } catch {
                        await crew.endAll(publishersOnly: false)
                        throw error
                    }
                }
            }
        }
        guard isFine else { throw ExitCode(1) }
    }

    /// The database that the migrations were applied to.
    private var databaseURL: String { url.replacing(#/\/[^\/]*$/#, with: "/handrail") }

    private func perform(on stage: Stage) async throws -> Bool {
        say("seed \(seed); for \(minutes) minutes and at least one round of everything")
        try await stage.start()
        let start = ContinuousClock.now
        let reporting = Task {
            while !Task.isCancelled {
                try await Task.sleep(for: .seconds(10))
                say("[\(Self.clock(ContinuousClock.now - start))] \(await stage.progress())")
            }
        }
        let faults = try await stage.play(until: start + .seconds(minutes * 60))
        let lasted = ContinuousClock.now - start
        say("[\(Self.clock(lasted))] everything is mended; waiting for what is left to be handled")
        try await stage.drain(within: .seconds(max(180, minutes * 60)))
        reporting.cancel()
        let fallen = await stage.crew.fallen
        await stage.crew.endAll(publishersOnly: false)
        let verdict = try await Verdict.read(stage.pool, folder: folder)
        say("")
        for line in verdict.table() { say(line) }
        say("")
        for fault in Fault.allCases {
            let count = "\(faults[fault, default: 0])".padding(toLength: 5, withPad: " ", startingAt: 0)
            say(stage.kinds.contains(fault) ? "\(count) \(fault.rawValue)" : "not possible here: \(fault.rawValue)")
        }
        if fallen > 0 { say("\(fallen) processes ended although nobody had killed them: see their logs") }
        let isComplete = stage.kinds.allSatisfy { faults[$0, default: 0] > 0 }
        if !isComplete { say("not everything that was meant to go wrong did") }
        let isFine = verdict.isFlawless && isComplete && fallen == 0
        say("")
        say(isFine ? "0 lost, 0 doubled, 0 out of order (seed \(seed))" : "FAILED (seed \(seed))")
        return isFine
    }

    private static func clock(_ duration: Duration) -> String {
        let (minutes, seconds) = Int(duration.components.seconds).quotientAndRemainder(dividingBy: 60)
        return (minutes < 10 ? "0\(minutes)" : "\(minutes)") + (seconds < 10 ? ":0\(seconds)" : ":\(seconds)")
    }

    private static let tables = """
        create table public.aggregate_version (
            key text not null, version integer not null, primary key (key, version));
        create table public.handled (
            n bigint generated always as identity primary key, grp text not null, id bigint not null, key text not null,
            version integer not null);
        create index on public.handled (grp, id);
        create table public.ledger (key text not null, version integer not null);
        create table public.filler (filler text not null);
        grant insert, select on public.aggregate_version, public.handled to outcomes
        """
}
