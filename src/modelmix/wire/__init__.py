"""The protocol, pure: what goes over the wire and how it is read and edited."""
