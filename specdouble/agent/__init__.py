"""The double as tools for agents: a server of the Model Context Protocol over its control plane."""
