// What this is called by those who ask which CoExec they have.

/// The version of the library and the program; the C header says the same as `COEXEC_API_VERSION`.
package let coExecVersion = "1.0"
