"""The stand-in for IndexTTS2: a real web UI over a small voice, for a lab that has no GPU."""
