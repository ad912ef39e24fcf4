"""Running LOKAHOME: on one machine (`local`), and its demonstration (`demo`)."""
