"""What hosts and containers say: probes as values, and the one pass that asks them."""
