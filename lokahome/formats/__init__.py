"""How dates are written where no template says it; Django looks here by language."""
