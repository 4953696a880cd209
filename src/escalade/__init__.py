"""Escalade: the escalation runbook that runs itself."""
