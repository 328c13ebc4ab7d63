// TODO ocl helper
extension OpenCLPlan {
    mutating func appendOnHost(_ id: Int) { preconditionFailure("not yet") }
}
