"""One file for each step: a module-level `StepKind` is discovered."""
