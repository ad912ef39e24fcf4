"""Words: what people are told, by which channel, and how often it was tried."""
