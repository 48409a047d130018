"""What the on-call lives with: collection, rules, routes, receivers, dashboards, runbooks."""
