"""From evidence to the one cause: match, graph, rank, gaps; pure."""
