"""The way back: plan, approve, act, verify, climb; the second half of the road."""
