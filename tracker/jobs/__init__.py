"""What runs on a clock or takes long: plain functions with an explicit period, each its own edge."""
