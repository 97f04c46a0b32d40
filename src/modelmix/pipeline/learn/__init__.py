"""Learning in flight: from requests that pass the gateway to evidence."""
