"""From evidence to the one cause: match, graph, rank, gaps; pure."""

from escalade.diagnosis.diagnose import diagnose

__all__ = ["diagnose"]
