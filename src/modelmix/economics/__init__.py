"""Money: what a choice costs and when it pays."""
