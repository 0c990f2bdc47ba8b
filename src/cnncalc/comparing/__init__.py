"""Models side by side, and a model beside what it could have been: one variant per file."""
