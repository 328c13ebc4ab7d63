// The bytes of a file, a pipe or a URL. Owned by a `Demuxer`, on its thread.

import CFFmpeg
import Glibc

/// An opened file, pipe or URL.
final class ByteStream {
    var context: UnsafeMutablePointer<AVIOContext>?
    /// FFmpeg may ask it until this is closed.
    private let patience: Patience
    /// nil where FFmpeg reads by itself.
    private var reader: DescriptorReader?

    /// A file; or what else a path leads to, which may have nothing to read for a while.
    convenience init(path: String, name: String, _ patience: Patience) throws(VideoError) {
        var status = stat()
        let canWait = stat(path, &status) == 0 && ![S_IFREG, S_IFBLK].contains(status.st_mode & S_IFMT)
        if canWait {
            try self.init(DescriptorReader(path: path, name: name, patience), patience)
        } else {
            try self.init(url: "file:" + path, protocols: "file", name: name, patience)
        }
    }

    /// What FFmpeg's own reading can't be called back from: pipes, sockets, terminals.
    init(_ reader: DescriptorReader, _ patience: Patience) {
        (self.reader, self.patience) = (reader, patience)
        context = avio_alloc_context(
            av_malloc(DescriptorReader.bufferSize)!.assumingMemoryBound(to: UInt8.self),
            Int32(DescriptorReader.bufferSize), 0, Unmanaged.passUnretained(reader).toOpaque(),
            { Unmanaged<DescriptorReader>.fromOpaque($0!).takeUnretainedValue().read(into: $1!, count: $2) }, nil, nil)
    }

    /// - Parameters:
    ///   - url: `file:` and a path, or a URL that the user named.
    ///   - protocols: the only ones that may be used for it.
    ///   - options: FFmpeg's, of the protocol.
    ///   - reason: why it can't be opened, if FFmpeg's word for it misleads.
    init(
        url: String, protocols: String, options: [String: String] = [:], name: String, _ patience: Patience,
        reason: (Int32) -> String? = { _ in nil }
    ) throws(VideoError) {
        self.patience = patience
        let dictionary = Dictionary(options.merging(["protocol_whitelist": protocols]) { $1 })
        var stop = patience.callback
        let code = avio_open2(&context, url, AVIO_FLAG_READ, &stop, &dictionary.entries)
        guard code >= 0 else {
            throw VideoError(.unreadable, name, patience.reason ?? reason(code) ?? ffmpegReason(code))
        }
    }

    deinit {
        guard reader != nil else {
            avio_closep(&context)
            return
        }
        // FFmpeg may have put another buffer in the place of ours.
        av_free(context!.pointee.buffer)
        avio_context_free(&context)
    }

    /// Whether the last byte was read.
    var isAtEnd: Bool { context!.pointee.eof_reached != 0 }

    /// Nothing came, so far.
    var isEmpty: Bool { context!.pointee.bytes_read == 0 }

    /// Whether their number is known, as a server names it.
    var hasLength: Bool { avio_size(context) > 0 }

    /// What failed in reading, an end being no failure.
    var failure: Int32? {
        let error = context!.pointee.error
        return error < 0 && error != cffmpeg_error_eof ? error : nil
    }

    /// Whether a stream that is at its beginning begins with a text; it stays there.
    func begins(with text: StaticString) -> Bool {
        var read = [UInt8](repeating: 0, count: text.utf8CodeUnitCount)
        let count = avio_read(context, &read, Int32(read.count))
        avio_seek(context, 0, SEEK_SET)
        return count == read.count && text.withUTF8Buffer { $0.elementsEqual(read) }
    }
}

extension ByteStream {
    /// FFmpeg's dictionary of options.
    final class Dictionary {
        var entries: OpaquePointer?

        init(_ options: [String: String]) {
            for (key, value) in options { av_dict_set(&entries, key, value, 0) }
        }

        deinit { av_dict_free(&entries) }
    }
}
