import FoundationEssentials
import Testing
import TrafficFuzzing

/// A short run of what `Fuzz/traffic` does at length: each promise of `FuzzTarget` traps when it is broken.
@Suite("Anything at all")
struct FuzzTests {
    /// Inputs a target: seconds in a debug build.
    private static let inputs = 1_500

    private static let corpus: FuzzCorpus = {
        var corpus = FuzzCorpus()
        if let folder = TruthCaptures.available {
            let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
            // Some of each folder, the same ones on every run.
            let captures = names.filter { $0.hasSuffix(".pcap") || $0.hasSuffix(".pcapng") }.sorted()
            corpus.add(captures: captures.enumerated().filter { $0.offset % 12 == 0 }.map { folder + "/" + $0.element })
        }
        return corpus
    }()

    @Test("neither good nor changed inputs break anything", arguments: FuzzTarget.allCases)
    func target(_ target: FuzzTarget) {
        let corpus = Self.corpus.inputs(of: target)
        #expect(!corpus.isEmpty)
        for input in corpus { target.run(input) }
        target.run([])
        var mutator = Mutator(seed: 20_261_125)
        let words = FuzzCorpus.words(of: target)
        for _ in 0..<Self.inputs { target.run(mutator.input(from: corpus, words: words)) }
    }
}
