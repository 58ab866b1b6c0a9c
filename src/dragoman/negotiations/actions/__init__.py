"""The deeds of talks, by noun. Host deeds are by an officer, party deeds by a spokesperson."""
