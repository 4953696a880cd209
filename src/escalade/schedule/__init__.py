"""Maintenance that comes on time: jobs, their times, and who calls them."""
