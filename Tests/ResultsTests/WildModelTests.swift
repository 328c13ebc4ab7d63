// What is recognised in models as people ship them, and that nothing is where nothing fits.

import Foundation
import ModelFiles
import NetworkGraph
import Testing

@testable import Results

/// Where models for tests are; nil without.
let dataFolder = ProcessInfo.processInfo.environment["COEXEC_DATA"]

@Suite(.enabled(if: dataFolder != nil, "needs COEXEC_DATA")) struct WildModelTests {
    private func recognized(_ file: String, size: ImageSize? = nil) throws -> Recognition {
        let path = try #require(dataFolder) + "/" + file
        let network = try Network(modelFile: path, ModelOptions(size: size))
        let labels = try Network.labels(modelFile: path)
        let facts = try #require(
            NetworkFacts(network, labelCount: labels?.count, statedTask: try Network.statedTask(modelFile: path)))
        return Heads.recognize(facts)
    }

    /// - Parameter name: how the head's begins; nil for none.
    private func expect(_ file: String, _ name: String?, size: ImageSize? = nil) throws {
        let recognition = try recognized(file, size: size)
        switch recognition {
        case .one(let head):
            #expect(name.map { head.name.hasPrefix($0) } == true, "\(file): \(head.name): \(head.reason)")
        case .several(let heads): Issue.record("\(file): \(heads.map(\.name))")
        case .none: #expect(name == nil, "\(file): nothing")
        }
    }

    @Test func detectors() throws {
        try expect("wild/o_fastestdet.onnx", "FastestDet boxes, 80 classes")
        try expect("wild/o_nanodet320.onnx", "NanoDet boxes, 80 classes")
        try expect("wild/o_osf_det.onnx", "OpenSeeFace's faces")
        try expect("wild/o_ultra_rfb320.onnx", "faces by corners")
        try expect("wild/o_ultra_slim320.onnx", "ultra-light faces")
        try expect("wild/o_yolox_nano.onnx", "YOLOX boxes, 80 classes")
        try expect("wild/o_yunet_n320.onnx", "YuNet's faces")
        try expect("wild/o_yunet_dyn.onnx", "YuNet's faces", size: ImageSize(width: 640, height: 352))
        try expect("wild/t_coco_ssd.tflite", "an SSD that selects its boxes")
        try expect("wild/t_mp_face_full.tflite", "BlazeFace's boxes with 6 points")
        try expect("wild/t_mp_face_short.tflite", "BlazeFace's boxes with 6 points")
        try expect("wild/t_yolox_f16.tflite", "YOLOX boxes, 80 classes")
    }

    @Test func others() throws {
        try expect("wild/o_squeeze_fp16.onnx", "1000 classes")
        try expect("wild/o_ppocr_cls.onnx", "2 classes", size: ImageSize(width: 192, height: 48))
        try expect("wild/o_mnist_ort.onnx", "10 classes")
        try expect("wild/t_bisenet_head.tflite", "a map of 19 classes")
        try expect("wild/t_coral_deeplab05.tflite", "a map of classes, 513×513")
        try expect("wild/t_deeplabv3_meta.tflite", "a map of 21 classes")
        try expect("wild/t_mp_selfie.tflite", "a map of foreground, 256×256")
        try expect("wild/t_coral_movenet.tflite", "17 points of a body")
        try expect("wild/t_mp_recrop.tflite", "4 values")
        try expect("wild/t_facemesh_fiq.tflite", "468 points of a face")
    }

    /// Parts of cascades, and pictures.
    @Test func nothingFits() throws {
        try expect("wild/o_sci.onnx", nil)
        try expect("wild/o_mtcnn_p.onnx", nil, size: ImageSize(width: 96, height: 96))
        try expect("wild/t_mtcnn_p.tflite", nil)
        try expect("wild/t_mtcnn_r.tflite", nil)
    }
}
