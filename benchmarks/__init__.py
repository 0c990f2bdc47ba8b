"""What is measured of cnncalc: its start, its accuracy."""
