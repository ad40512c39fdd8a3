"""The verbs. This is the only place that wires stages together; no verb does a stage's work itself."""
