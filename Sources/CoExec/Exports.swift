// The clock of this library's time stamps is part of its interface; the rest of System isn't.

@_exported import func System.monotonicNanoseconds
