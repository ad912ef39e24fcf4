"""Use cases of words: notify, render, send, send again."""
