// The operators of TFLite: their names, and which of them this importer knows.

/// BuiltinOperator, as far as it is translated, and custom operators, which count down from −1.
enum TFLiteOperator: Int {
    case transposedConvolutionWithBias = -1
    case detectionPostProcess = -2
    case add = 0
    case averagePool = 1
    case concatenation = 2
    case convolution = 3
    case depthwiseConvolution = 4
    case depthToSpace = 5
    case dequantize = 6
    case embeddingLookup = 7
    case floor = 8
    case fullyConnected = 9
    case l2Normalization = 11
    case l2Pool = 12
    case localResponseNormalization = 13
    case logistic = 14
    case maxPool = 17
    case multiply = 18
    case relu = 19
    case reluN1To1 = 20
    case relu6 = 21
    case reshape = 22
    case resizeBilinear = 23
    case softmax = 25
    case spaceToDepth = 26
    case tanh = 28
    case pad = 34
    case gather = 36
    case batchToSpace = 37
    case spaceToBatch = 38
    case transpose = 39
    case mean = 40
    case subtract = 41
    case divide = 42
    case squeeze = 43
    case stridedSlice = 45
    case exponential = 47
    case topK = 48
    case split = 49
    case logSoftmax = 50
    case cast = 53
    case parametricRelu = 54
    case maximum = 55
    case argMax = 56
    case minimum = 57
    case less = 58
    case negate = 59
    case padV2 = 60
    case greater = 61
    case greaterOrEqual = 62
    case lessOrEqual = 63
    case select = 64
    case slice = 65
    case sine = 66
    case transposedConvolution = 67
    case tile = 69
    case expandDims = 70
    case equal = 71
    case notEqual = 72
    case logarithm = 73
    case sum = 74
    case squareRoot = 75
    case reciprocalSquareRoot = 76
    case shape = 77
    case power = 78
    case argMin = 79
    case reduceProduct = 81
    case reduceMaximum = 82
    case pack = 83
    case logicalOr = 84
    case oneHot = 85
    case logicalAnd = 86
    case logicalNot = 87
    case unpack = 88
    case reduceMinimum = 89
    case floorDivide = 90
    case reduceAny = 91
    case square = 92
    case zerosLike = 93
    case fill = 94
    case floorModulo = 95
    case range = 96
    case resizeNearest = 97
    case leakyRelu = 98
    case squaredDifference = 99
    case mirrorPad = 100
    case absolute = 101
    case splitV = 102
    case ceiling = 104
    case reverse = 105
    case addN = 106
    case gatherND = 107
    case cosine = 108
    case rank = 110
    case elu = 111
    case quantize = 114
    case round = 116
    case hardSwish = 117
    case scatterND = 122
    case selectV2 = 123
    case densify = 124
    case batchMatMul = 126
    case cumulativeSum = 128
    case broadcastTo = 130
    case reduceAll = 140
    case broadcastArguments = 145
    case gelu = 150
    case relu0To1 = 152
    case sign = 158

    /// Nil for one that isn't translated.
    init?(_ code: TFLiteModel.OperatorCode) {
        if code.builtin == Self.customCode {
            switch code.custom {
            case "Convolution2DTransposeBias": self = .transposedConvolutionWithBias
            case "TFLite_Detection_PostProcess": self = .detectionPostProcess
            default: return nil
            }
        } else {
            guard code.builtin >= 0 else { return nil }
            self.init(rawValue: code.builtin)
        }
    }

    /// Its options, by their position in the schema's union BuiltinOptions; nil for those without any that matter.
    var optionsType: Int? {
        switch self {
        case .add: 11
        case .averagePool, .maxPool, .l2Pool: 5
        case .concatenation: 10
        case .convolution: 1
        case .depthwiseConvolution: 2
        case .depthToSpace: 94
        case .fullyConnected: 8
        case .l2Normalization: 12
        case .localResponseNormalization: 13
        case .multiply: 21
        case .reshape: 17
        case .resizeBilinear: 15
        case .softmax: 9
        case .spaceToDepth: 19
        case .gather: 23
        case .mean, .sum, .reduceProduct, .reduceMaximum, .reduceMinimum, .reduceAny, .reduceAll: 27
        case .subtract: 28
        case .divide: 29
        case .squeeze: 30
        case .stridedSlice: 32
        case .split: 35
        case .transposedConvolution: 49
        case .pack: 59
        case .oneHot: 61
        case .unpack: 64
        case .resizeNearest: 74
        case .leakyRelu: 75
        case .mirrorPad: 77
        case .splitV: 79
        case .batchMatMul: 101
        case .cumulativeSum: 102
        case .gelu: 116
        default: nil
        }
    }

    static let customCode = 32

    /// The schema's name for a code, known here or not.
    static func name(ofCode code: Int) -> String { names.indices.contains(code) ? names[code] : "operator \(code)" }

    private static let names = """
        ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP \
        FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC \
        LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX \
        SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD \
        UNIDIRECTIONAL_SEQUENCE_RNN GATHER BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE \
        UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX \
        DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG PADV2 GREATER \
        GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE EXPAND_DIMS EQUAL \
        NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR ONE_HOT \
        LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE \
        RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 \
        ADD_N GATHER_ND COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND \
        HARD_SWISH IF WHILE NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY \
        SEGMENT_SUM BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D \
        IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL \
        CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS RANDOM_STANDARD_NORMAL \
        BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1 UNSORTED_SEGMENT_PROD \
        UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR \
        RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM \
        STABLEHLO_RESHAPE STABLEHLO_CLAMP STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION \
        STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE \
        STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR \
        STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH \
        STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE \
        STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL \
        STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE \
        STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT
        """.split(separator: " ").map(String.init)
}
