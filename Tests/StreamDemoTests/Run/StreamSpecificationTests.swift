import CoExec
import Testing

@testable import StreamDemo

@Suite struct StreamSpecificationTests {
    @Test func everythingIsRead() throws {
        let text = "door=a=b.mp4;model=m.onnx;labels=l.txt;weight=2.5;priority=-1;admission=drop-oldest"
        let stream = try StreamSpecification(parsing: text)
        #expect(stream.name == "door" && stream.input == "a=b.mp4")
        #expect(stream.model == "m.onnx" && stream.labels == "l.txt" && stream.network == nil)
        #expect(stream.weight == 2.5 && stream.priority == -1 && stream.admission == .dropOldest)
    }

    @Test func allButTheNameMayBeLeftOut() throws {
        let stream = try StreamSpecification(parsing: "a=")
        #expect(stream.input == nil && stream.weight == 1 && stream.priority == 0 && stream.admission == nil)
    }

    @Test(arguments: [
        ("", "'='"), ("a", "'='"), ("=x", "no name"), ("a=x;weight", "'='"), ("a=x;weight=0", "weight '0'"),
        ("a=x;weight=nan", "weight 'nan'"), ("a=x;priority=1.5", "priority '1.5'"), ("a=x;colour=red", "no 'colour'"),
        ("a=x;admission=drop", "wait, drop-oldest, drop-newest"), ("a=x;weight=1;weight=2", "twice"),
        ("a=x;model=m;network=n", "not both"),
    ])
    func whatCannotBeReadIsNamed(text: String, fragment: String) throws {
        var message = ""
        do { _ = try StreamSpecification(parsing: text) } catch { message = "\(error)" }
        #expect(message.contains(fragment), "\(message)")
    }
}
