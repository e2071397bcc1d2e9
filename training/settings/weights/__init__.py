"""Settings of models that are made of weights alone."""
