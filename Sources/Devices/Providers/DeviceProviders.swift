// The kinds of hardware that the program knows: the one place where a provider is listed.

public enum DeviceProviders {
    /// In the order in which units are listed and run by default.
    public static let all: [any DeviceProvider] = [
        CPUProvider(),
        OpenCLProvider(),
        TemplateProvider(),
    ]
}
