"""From a fitted model to a service that stays right: bundle, service, monitoring, registry."""
