"""Reports: an estimate as text. The only floor that rounds."""
