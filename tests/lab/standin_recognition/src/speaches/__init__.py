"""The stand-in for speaches: speech recognition behind its HTTP API, for a lab that has no GPU."""
