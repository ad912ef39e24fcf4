"""The project package: it wires the five apps together (see docs/architecture.md)."""
