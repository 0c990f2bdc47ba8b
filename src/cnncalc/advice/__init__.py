"""Will it fit, and if not, what to change: budgets, the largest batch, remedies."""
