"""What every endpoint shares: the contract of docs/api as code."""
