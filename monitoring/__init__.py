"""What watches the models: rules, routes, dashboards, and the relay to chat groups."""
