// What a result's JSON keeps of the command that made it.

import Testing

@testable import StreamDemo

@Suite struct OriginTests {
    @Test(arguments: [
        "rtsp://user:hunter2@camera.local/main", "--input=http://user:hunter2@127.0.0.1:80/p.ppm",
    ])
    func passwordsAreNotKept(argument: String) {
        let kept = Origin.withoutPasswords(argument)
        #expect(!kept.contains("hunter2") && kept.contains("://"), "\(kept)")
    }

    @Test(arguments: ["--frames=3", "clip.mp4", "a:b", "", "yard=yard.mp4;weight=3", "://"])
    func otherWordsAreAsTyped(argument: String) { #expect(Origin.withoutPasswords(argument) == argument) }
}
