"""The verbs of ``fleet``, one module each."""
