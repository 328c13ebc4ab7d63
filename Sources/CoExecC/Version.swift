// The version of the C interface.

import CCoExec

#if compiler(>=6.3)
@c @implementation
#else
@_cdecl("coexec_version")
#endif
public func coexec_version() -> UInt32 { COEXEC_API_VERSION }
